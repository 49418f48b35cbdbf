-- Who carries a tag: SQLite has no index into a list, so that a tag that few have was looked for in every record. Kept by triggers, with the
-- record itself, and written by nobody else. The plain list in `tags` stays what is true.
CREATE TABLE `tagged` (
	`workspace_id` text NOT NULL,
	`noun` text NOT NULL,
	`tag` text NOT NULL,
	`record_id` text NOT NULL,
	PRIMARY KEY(`workspace_id`, `noun`, `tag`, `record_id`)
) WITHOUT ROWID;--> statement-breakpoint
CREATE TRIGGER `companies_tagged` AFTER INSERT ON `companies` WHEN new.tags <> '[]' BEGIN
	INSERT OR IGNORE INTO tagged SELECT new.workspace_id, 'companies', value, new.id FROM json_each(new.tags);
END;--> statement-breakpoint
CREATE TRIGGER `companies_retagged` AFTER UPDATE OF tags ON `companies` WHEN new.tags <> old.tags BEGIN
	DELETE FROM tagged WHERE workspace_id = old.workspace_id AND noun = 'companies' AND record_id = old.id AND tag IN (SELECT value FROM json_each(old.tags));
	INSERT OR IGNORE INTO tagged SELECT new.workspace_id, 'companies', value, new.id FROM json_each(new.tags);
END;--> statement-breakpoint
CREATE TRIGGER `companies_untagged` AFTER DELETE ON `companies` WHEN old.tags <> '[]' BEGIN
	DELETE FROM tagged WHERE workspace_id = old.workspace_id AND noun = 'companies' AND record_id = old.id AND tag IN (SELECT value FROM json_each(old.tags));
END;--> statement-breakpoint
INSERT OR IGNORE INTO tagged SELECT `companies`.workspace_id, 'companies', json_each.value, `companies`.id FROM `companies`, json_each(`companies`.tags) WHERE `companies`.tags <> '[]';--> statement-breakpoint
CREATE TRIGGER `customers_tagged` AFTER INSERT ON `customers` WHEN new.tags <> '[]' BEGIN
	INSERT OR IGNORE INTO tagged SELECT new.workspace_id, 'customers', value, new.id FROM json_each(new.tags);
END;--> statement-breakpoint
CREATE TRIGGER `customers_retagged` AFTER UPDATE OF tags ON `customers` WHEN new.tags <> old.tags BEGIN
	DELETE FROM tagged WHERE workspace_id = old.workspace_id AND noun = 'customers' AND record_id = old.id AND tag IN (SELECT value FROM json_each(old.tags));
	INSERT OR IGNORE INTO tagged SELECT new.workspace_id, 'customers', value, new.id FROM json_each(new.tags);
END;--> statement-breakpoint
CREATE TRIGGER `customers_untagged` AFTER DELETE ON `customers` WHEN old.tags <> '[]' BEGIN
	DELETE FROM tagged WHERE workspace_id = old.workspace_id AND noun = 'customers' AND record_id = old.id AND tag IN (SELECT value FROM json_each(old.tags));
END;--> statement-breakpoint
INSERT OR IGNORE INTO tagged SELECT `customers`.workspace_id, 'customers', json_each.value, `customers`.id FROM `customers`, json_each(`customers`.tags) WHERE `customers`.tags <> '[]';--> statement-breakpoint
CREATE TRIGGER `deals_tagged` AFTER INSERT ON `deals` WHEN new.tags <> '[]' BEGIN
	INSERT OR IGNORE INTO tagged SELECT new.workspace_id, 'deals', value, new.id FROM json_each(new.tags);
END;--> statement-breakpoint
CREATE TRIGGER `deals_retagged` AFTER UPDATE OF tags ON `deals` WHEN new.tags <> old.tags BEGIN
	DELETE FROM tagged WHERE workspace_id = old.workspace_id AND noun = 'deals' AND record_id = old.id AND tag IN (SELECT value FROM json_each(old.tags));
	INSERT OR IGNORE INTO tagged SELECT new.workspace_id, 'deals', value, new.id FROM json_each(new.tags);
END;--> statement-breakpoint
CREATE TRIGGER `deals_untagged` AFTER DELETE ON `deals` WHEN old.tags <> '[]' BEGIN
	DELETE FROM tagged WHERE workspace_id = old.workspace_id AND noun = 'deals' AND record_id = old.id AND tag IN (SELECT value FROM json_each(old.tags));
END;--> statement-breakpoint
INSERT OR IGNORE INTO tagged SELECT `deals`.workspace_id, 'deals', json_each.value, `deals`.id FROM `deals`, json_each(`deals`.tags) WHERE `deals`.tags <> '[]';--> statement-breakpoint
CREATE TRIGGER `interactions_tagged` AFTER INSERT ON `interactions` WHEN new.tags <> '[]' BEGIN
	INSERT OR IGNORE INTO tagged SELECT new.workspace_id, 'interactions', value, new.id FROM json_each(new.tags);
END;--> statement-breakpoint
CREATE TRIGGER `interactions_retagged` AFTER UPDATE OF tags ON `interactions` WHEN new.tags <> old.tags BEGIN
	DELETE FROM tagged WHERE workspace_id = old.workspace_id AND noun = 'interactions' AND record_id = old.id AND tag IN (SELECT value FROM json_each(old.tags));
	INSERT OR IGNORE INTO tagged SELECT new.workspace_id, 'interactions', value, new.id FROM json_each(new.tags);
END;--> statement-breakpoint
CREATE TRIGGER `interactions_untagged` AFTER DELETE ON `interactions` WHEN old.tags <> '[]' BEGIN
	DELETE FROM tagged WHERE workspace_id = old.workspace_id AND noun = 'interactions' AND record_id = old.id AND tag IN (SELECT value FROM json_each(old.tags));
END;--> statement-breakpoint
INSERT OR IGNORE INTO tagged SELECT `interactions`.workspace_id, 'interactions', json_each.value, `interactions`.id FROM `interactions`, json_each(`interactions`.tags) WHERE `interactions`.tags <> '[]';--> statement-breakpoint
CREATE TRIGGER `reminders_tagged` AFTER INSERT ON `reminders` WHEN new.tags <> '[]' BEGIN
	INSERT OR IGNORE INTO tagged SELECT new.workspace_id, 'reminders', value, new.id FROM json_each(new.tags);
END;--> statement-breakpoint
CREATE TRIGGER `reminders_retagged` AFTER UPDATE OF tags ON `reminders` WHEN new.tags <> old.tags BEGIN
	DELETE FROM tagged WHERE workspace_id = old.workspace_id AND noun = 'reminders' AND record_id = old.id AND tag IN (SELECT value FROM json_each(old.tags));
	INSERT OR IGNORE INTO tagged SELECT new.workspace_id, 'reminders', value, new.id FROM json_each(new.tags);
END;--> statement-breakpoint
CREATE TRIGGER `reminders_untagged` AFTER DELETE ON `reminders` WHEN old.tags <> '[]' BEGIN
	DELETE FROM tagged WHERE workspace_id = old.workspace_id AND noun = 'reminders' AND record_id = old.id AND tag IN (SELECT value FROM json_each(old.tags));
END;--> statement-breakpoint
INSERT OR IGNORE INTO tagged SELECT `reminders`.workspace_id, 'reminders', json_each.value, `reminders`.id FROM `reminders`, json_each(`reminders`.tags) WHERE `reminders`.tags <> '[]';--> statement-breakpoint
-- As of the other tables in 0010: what the planner is to take for granted.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('tagged', 'tagged', '1000000 100000 50000 50 1');
