CREATE TABLE fails_half_way_step (id bigint PRIMARY KEY);
INSERT INTO fails_half_way_step VALUES (1);
