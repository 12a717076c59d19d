-- Roles and database for PostgreSQL 17 or newer. Run once as a superuser:
--
--     psql -v owner_password="'…'" -v app_password="'…'" -f deploy/postgresql.sql postgres
--
-- crm_owner owns the tables and migrates; crm_app runs the product and can change no table; crm_backup
-- reads everything and writes nothing. May be repeated: passwords are set anew, nothing is dropped.

\set ON_ERROR_STOP on
SET client_min_messages = warning;

SELECT 'CREATE ROLE crm_owner LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_owner') \gexec
SELECT 'CREATE ROLE crm_app LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_app') \gexec
SELECT 'CREATE ROLE crm_backup LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_backup') \gexec

ALTER ROLE crm_owner NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :owner_password;
ALTER ROLE crm_app NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :app_password;
ALTER ROLE crm_backup NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
GRANT pg_read_all_data TO crm_backup;

-- The owner makes the schema "staging" for the application and may not act as it otherwise.
GRANT crm_app TO crm_owner WITH INHERIT FALSE, SET TRUE;

-- Web processes must never take the connections that an administrator needs (max_connections 200).
ALTER ROLE crm_app CONNECTION LIMIT 150;
ALTER ROLE crm_owner CONNECTION LIMIT 10;
ALTER ROLE crm_backup CONNECTION LIMIT 5;

-- C.UTF-8 of the builtin provider sorts alike on every machine and after every system update.
SELECT 'CREATE DATABASE crm OWNER crm_owner TEMPLATE template0 ENCODING ''UTF8'''
       ' LOCALE_PROVIDER builtin BUILTIN_LOCALE ''C.UTF-8'' LOCALE ''C.UTF-8'''
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'crm') \gexec
REVOKE ALL ON DATABASE crm FROM PUBLIC;
GRANT CONNECT ON DATABASE crm TO crm_app, crm_backup;

-- A statement of a page that runs for a minute is a fault; imports and jobs set their own limits.
ALTER ROLE crm_app IN DATABASE crm SET idle_in_transaction_session_timeout = '10min';
