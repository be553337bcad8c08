UPDATE reference_people SET title_digest = zeroblob(32);
