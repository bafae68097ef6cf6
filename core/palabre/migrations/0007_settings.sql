-- What the site remembers of itself, such as the address under which its feeds were written.
CREATE TABLE core_setting (
    name text PRIMARY KEY,
    value text NOT NULL
);
