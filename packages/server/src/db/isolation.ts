import type { Pool, PoolClient } from 'pg'
import { ConfigError } from '../config-error.ts'

/** Whose connections see one workspace at a time. */
export const APP_ROLE = 'flowstate_app'
/** The setting that names the workspace. */
export const WORKSPACE_SETTING = 'flowstate.workspace'

/**
 * Row-level security lets an index serve no operator that might tell of a row before the policy has been asked, as `@@`, `%`, `like`, `@>`
 * and `->` might. Of these tables there are views with their owner's rights, which show the same one workspace without that: what is
 * searched by such an operator is read from there.
 */
const SEARCHED = ['search_docs', 'companies', 'customers', 'deals', 'interactions', 'reminders']
export const viewOf = (table: string): string => `${table}_here`

/** Servers that start together do it one after the other. */
export const START_LOCK = 7_403_117

/**
 * Row-level security of every table that belongs to a workspace, listed from the catalogue, so that a new one cannot be forgotten:
 * forced, for the owner too, with a policy that shows the application's role one workspace, and one that shows all to the owner itself, as
 * whom migrations, backups and the closed list of statements in system.ts are run.
 * Done again at every start; what is as it should be stays.
 */
export const isolate = async (pool: Pool): Promise<void> => {
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query('select pg_advisory_xact_lock($1)', [START_LOCK])
    await makeRole(client)
    await client.query(SECURE)
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  } finally {
    client.release()
  }
}

/** A superuser, or one that bypasses row-level security, would make it nothing but decoration. */
export const refuseUnheld = async (pool: Pool): Promise<void> => {
  const { rows: [user] } = await pool.query<{ name: string; unheld: boolean }>('select quote_ident(rolname) as name, rolsuper or rolbypassrls as unheld from pg_roles where rolname = session_user')
  if (user?.unheld) throw new ConfigError(`DATABASE_URL names ${user.name}, whom row-level security does not hold. Let the server be a user of its own:\n  create role crm login password '…';\n  create role ${APP_ROLE} nologin;\n  grant ${APP_ROLE} to crm;\n  create database crm owner crm;`)
}

const makeRole = async (client: PoolClient): Promise<void> => {
  const { rows: [role] } = await client.query<{ member: boolean }>("select pg_has_role(current_user, oid, 'member') as member from pg_roles where rolname = $1", [APP_ROLE])
  if (role?.member) return
  try {
    if (!role) await client.query(`create role ${APP_ROLE} nologin`)
    await client.query(`grant ${APP_ROLE} to current_user`)
  } catch (error) {
    const { rows: [me] } = await openName(client)
    throw new Error(`The database's user may not make itself the role that keeps workspaces apart. Have a superuser run, once:\n${role ? '' : `  create role ${APP_ROLE} nologin;\n`}  grant ${APP_ROLE} to ${me?.name ?? 'your_user'};`, { cause: error })
  }
}
/** After a statement that was refused nothing can be asked in the same transaction. */
const openName = async (client: PoolClient) => {
  await client.query('rollback')
  return client.query<{ name: string }>('select quote_ident(current_user) as name')
}

const SECURE = `do $$
declare
  of record;
begin
  execute format('grant usage on schema %I to ${APP_ROLE}', current_schema());
  execute format('grant select, insert, update, delete on all tables in schema %I to ${APP_ROLE}', current_schema());
  execute format('grant usage on all sequences in schema %I to ${APP_ROLE}', current_schema());
  for of in
    select c.oid, c.relname, c.relrowsecurity and c.relforcerowsecurity as forced, case a.attname when 'id' then 'id' else 'workspace_id' end as key
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
    where n.nspname = current_schema() and c.relkind in ('r', 'p') and not a.attisdropped and (a.attname = 'workspace_id' or (c.relname = 'workspaces' and a.attname = 'id'))
  loop
    if not of.forced then
      execute format('alter table %I enable row level security', of.relname);
      execute format('alter table %I force row level security', of.relname);
    end if;
    if not exists (select from pg_policy where polrelid = of.oid and polname = 'one_workspace') then
      execute format('create policy one_workspace on %I to ${APP_ROLE} using (%I = current_setting(''${WORKSPACE_SETTING}'', true)) with check (%I = current_setting(''${WORKSPACE_SETTING}'', true))', of.relname, of.key, of.key);
    end if;
    if not exists (select from pg_policy where polrelid = of.oid and polname = 'all_workspaces') then
      execute format('create policy all_workspaces on %I to current_user using (true) with check (true)', of.relname);
    elsif not exists (select from pg_policy where polrelid = of.oid and polname = 'all_workspaces' and polroles = array[current_user::regrole::oid]) then
      execute format('alter policy all_workspaces on %I to current_user', of.relname);
    end if;
  end loop;
  for of in select searched from unnest(array[${SEARCHED.map((table) => `'${table}'`).join(', ')}]) as searched loop
    -- As it was before a migration that came since.
    if (select array_agg(attname order by attnum) from pg_attribute where attrelid = to_regclass(of.searched || '_here') and attnum > 0 and not attisdropped)
      is distinct from (select array_agg(attname order by attnum) from pg_attribute where attrelid = of.searched::regclass and attnum > 0 and not attisdropped)
    then
      execute format('drop view if exists %I', of.searched || '_here');
      execute format('create view %I as select * from %I where workspace_id = current_setting(''${WORKSPACE_SETTING}'', true)', of.searched || '_here', of.searched);
      execute format('grant select on %I to ${APP_ROLE}', of.searched || '_here');
    end if;
  end loop;
end $$`
