UPDATE fence SET reactivations_asked_for = '["a-9"]';
