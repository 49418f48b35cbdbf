-- Who carries a tag: SQLite has no index into a list, so that a tag that few have was looked for in every record. The ledger writes it with
-- the record; what stands in `tags` is what is true. No triggers: they cost every insert a journal of its own, three times the insert itself.
CREATE TABLE `tagged` (
	`workspace_id` text NOT NULL,
	`noun` text NOT NULL,
	`tag` text NOT NULL,
	`record_id` text NOT NULL,
	PRIMARY KEY(`workspace_id`, `noun`, `tag`, `record_id`)
) WITHOUT ROWID;--> statement-breakpoint
INSERT OR IGNORE INTO tagged SELECT `companies`.workspace_id, 'companies', json_each.value, `companies`.id FROM `companies`, json_each(`companies`.tags) WHERE `companies`.tags <> '[]';--> statement-breakpoint
INSERT OR IGNORE INTO tagged SELECT `customers`.workspace_id, 'customers', json_each.value, `customers`.id FROM `customers`, json_each(`customers`.tags) WHERE `customers`.tags <> '[]';--> statement-breakpoint
INSERT OR IGNORE INTO tagged SELECT `deals`.workspace_id, 'deals', json_each.value, `deals`.id FROM `deals`, json_each(`deals`.tags) WHERE `deals`.tags <> '[]';--> statement-breakpoint
INSERT OR IGNORE INTO tagged SELECT `interactions`.workspace_id, 'interactions', json_each.value, `interactions`.id FROM `interactions`, json_each(`interactions`.tags) WHERE `interactions`.tags <> '[]';--> statement-breakpoint
INSERT OR IGNORE INTO tagged SELECT `reminders`.workspace_id, 'reminders', json_each.value, `reminders`.id FROM `reminders`, json_each(`reminders`.tags) WHERE `reminders`.tags <> '[]';--> statement-breakpoint
-- As of the other tables in 0010: what the planner is to take for granted.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('tagged', 'tagged', '1000000 100000 50000 50 1');
