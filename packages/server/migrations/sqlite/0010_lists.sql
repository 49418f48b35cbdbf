DROP INDEX `companies_external_id`;--> statement-breakpoint
CREATE INDEX `companies_owner` ON `companies` (`workspace_id`,`owner_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `companies_merged` ON `companies` (`workspace_id`,`merged_into_id`) WHERE merged_into_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX `companies_external_id` ON `companies` (`workspace_id`,`external_id`) WHERE archived_at is null and external_id is not null;--> statement-breakpoint
DROP INDEX `customers_external_id`;--> statement-breakpoint
DROP INDEX `customers_company`;--> statement-breakpoint
CREATE INDEX `customers_owner` ON `customers` (`workspace_id`,`owner_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `customers_merged` ON `customers` (`workspace_id`,`merged_into_id`) WHERE merged_into_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX `customers_external_id` ON `customers` (`workspace_id`,`external_id`) WHERE archived_at is null and external_id is not null;--> statement-breakpoint
CREATE INDEX `customers_company` ON `customers` (`workspace_id`,`company_id`,`created_at`,`id`);--> statement-breakpoint
DROP INDEX `deals_external_id`;--> statement-breakpoint
DROP INDEX `deals_company`;--> statement-breakpoint
DROP INDEX `deals_customer`;--> statement-breakpoint
CREATE INDEX `deals_owner` ON `deals` (`workspace_id`,`owner_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `deals_status` ON `deals` (`workspace_id`,`status`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `deals_close` ON `deals` (`workspace_id`,`expected_close_date`,`id`);--> statement-breakpoint
CREATE INDEX `deals_stage_value` ON `deals` (`workspace_id`,`stage_id`,`value_amount`,`id`);--> statement-breakpoint
CREATE INDEX `deals_stage_close` ON `deals` (`workspace_id`,`stage_id`,`expected_close_date`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `deals_external_id` ON `deals` (`workspace_id`,`external_id`) WHERE archived_at is null and external_id is not null;--> statement-breakpoint
CREATE INDEX `deals_company` ON `deals` (`workspace_id`,`company_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `deals_customer` ON `deals` (`workspace_id`,`customer_id`,`created_at`,`id`);--> statement-breakpoint
DROP INDEX `interactions_external_id`;--> statement-breakpoint
DROP INDEX `interactions_customer`;--> statement-breakpoint
DROP INDEX `interactions_company`;--> statement-breakpoint
DROP INDEX `interactions_deal`;--> statement-breakpoint
CREATE INDEX `interactions_kind` ON `interactions` (`workspace_id`,`kind`,`occurred_at`,`id`);--> statement-breakpoint
CREATE INDEX `interactions_updated` ON `interactions` (`workspace_id`,`updated_at`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `interactions_external_id` ON `interactions` (`workspace_id`,`external_id`) WHERE archived_at is null and external_id is not null;--> statement-breakpoint
CREATE INDEX `interactions_customer` ON `interactions` (`workspace_id`,`customer_id`,`occurred_at`,`id`) WHERE customer_id is not null;--> statement-breakpoint
CREATE INDEX `interactions_company` ON `interactions` (`workspace_id`,`company_id`,`occurred_at`,`id`) WHERE company_id is not null;--> statement-breakpoint
CREATE INDEX `interactions_deal` ON `interactions` (`workspace_id`,`deal_id`,`occurred_at`,`id`) WHERE deal_id is not null;--> statement-breakpoint
DROP INDEX `reminders_external_id`;--> statement-breakpoint
CREATE INDEX `reminders_owner` ON `reminders` (`workspace_id`,`owner_id`,`due_at`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `reminders_external_id` ON `reminders` (`workspace_id`,`external_id`) WHERE archived_at is null and external_id is not null;--> statement-breakpoint
-- What the planner is to take for granted of these tables, as of `changes` in 0008. A workspace holds many records; SQLite guesses ten, and
-- would read all of them in the order of a list to find a customer's few. A number for each column of an index: how many records share its
-- values up to there. The same in every database, so that plans do not change with the data.
DELETE FROM sqlite_stat1 WHERE tbl IN ('companies', 'customers', 'deals', 'interactions', 'reminders');--> statement-breakpoint
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
	('companies', 'sqlite_autoindex_companies_1', '1000000 100000 1'),
	('companies', 'companies_domain', '1000000 100000 1'),
	('companies', 'companies_external_id', '1000000 100000 1'),
	('companies', 'companies_owner', '1000000 100000 2000 2 1'),
	('companies', 'companies_merged', '10000 1000 2'),
	('companies', 'companies_name', '1000000 100000 2 1'),
	('companies', 'companies_created', '1000000 100000 2 1'),
	('companies', 'companies_updated', '1000000 100000 2 1'),
	('customers', 'sqlite_autoindex_customers_1', '1000000 100000 1'),
	('customers', 'customers_phone', '1000000 100000 2'),
	('customers', 'customers_email', '1000000 100000 1'),
	('customers', 'customers_external_id', '1000000 100000 1'),
	('customers', 'customers_company', '1000000 100000 10 2 1'),
	('customers', 'customers_owner', '1000000 100000 2000 2 1'),
	('customers', 'customers_merged', '10000 1000 2'),
	('customers', 'customers_name', '1000000 100000 2 1'),
	('customers', 'customers_created', '1000000 100000 2 1'),
	('customers', 'customers_updated', '1000000 100000 2 1'),
	('deals', 'sqlite_autoindex_deals_1', '1000000 100000 1'),
	('deals', 'deals_external_id', '1000000 100000 1'),
	('deals', 'deals_board', '1000000 100000 10000 2 1'),
	('deals', 'deals_stage_created', '1000000 100000 10000 2 1'),
	('deals', 'deals_pipeline', '1000000 100000 50000 2 1'),
	('deals', 'deals_company', '1000000 100000 10 2 1'),
	('deals', 'deals_customer', '1000000 100000 10 2 1'),
	('deals', 'deals_owner', '1000000 100000 2000 2 1'),
	('deals', 'deals_status', '1000000 100000 30000 2 1'),
	('deals', 'deals_created', '1000000 100000 2 1'),
	('deals', 'deals_updated', '1000000 100000 2 1'),
	('deals', 'deals_summary', '1000000 100000 10000 8000 10 2'),
	('deals', 'deals_value', '1000000 100000 100 1'),
	('deals', 'deals_close', '1000000 100000 300 1'),
	('deals', 'deals_stage_value', '1000000 100000 10000 10 1'),
	('deals', 'deals_stage_close', '1000000 100000 10000 30 1'),
	('interactions', 'sqlite_autoindex_interactions_1', '1000000 100000 1'),
	('interactions', 'interactions_external_id', '1000000 100000 1'),
	('interactions', 'interactions_customer', '1000000 100000 50 2 1'),
	('interactions', 'interactions_company', '1000000 100000 100 2 1'),
	('interactions', 'interactions_deal', '1000000 100000 20 2 1'),
	('interactions', 'interactions_occurred', '1000000 100000 2 1'),
	('interactions', 'interactions_kind', '1000000 100000 15000 2 1'),
	('interactions', 'interactions_updated', '1000000 100000 2 1'),
	('reminders', 'sqlite_autoindex_reminders_1', '1000000 100000 1'),
	('reminders', 'reminders_external_id', '1000000 100000 1'),
	('reminders', 'reminders_to_fire', '100000 2'),
	('reminders', 'reminders_status', '1000000 100000 30000 20000'),
	('reminders', 'reminders_owner', '1000000 100000 2000 2 1'),
	('reminders', 'reminders_due', '1000000 100000 2 1'),
	('reminders', 'reminders_customer', '1000000 100000 20 2 1'),
	('reminders', 'reminders_company', '1000000 100000 50 2 1'),
	('reminders', 'reminders_deal', '1000000 100000 10 2 1');--> statement-breakpoint
-- The indexes of custom fields that were made before.
INSERT INTO sqlite_stat1 (tbl, idx, stat) SELECT tbl_name, name, '1000000 100000 500 1' FROM sqlite_schema WHERE type = 'index' AND name LIKE 'cf\_%' ESCAPE '\';
