UPDATE tenants SET disabled_by = 'ana@globex.example', disabled_because = 'a new contract' WHERE id = 'globex';
