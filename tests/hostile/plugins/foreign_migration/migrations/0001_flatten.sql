CREATE TABLE foreign_migration_rubble (id integer PRIMARY KEY);
ALTER TABLE core_user DROP COLUMN email;
