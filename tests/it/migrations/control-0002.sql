UPDATE tenants SET disabled_at = 200 WHERE id = 'globex';
