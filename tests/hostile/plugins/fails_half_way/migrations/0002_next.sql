INSERT INTO fails_half_way_step VALUES (2);
CREATE TABLE fails_half_way_next (id bigint PRIMARY KEY);
INSERT INTO fails_half_way_step VALUES (1);
