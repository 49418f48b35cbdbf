-- What SQLite would find out by ANALYZE on a large ledger: a workspace has many changes, a record few. Without it, it reads all of a
-- workspace's changes to find those of one record. The same in every database, so that plans do not change with the data.
ANALYZE sqlite_schema;--> statement-breakpoint
DELETE FROM sqlite_stat1 WHERE tbl = 'changes';--> statement-breakpoint
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('changes', 'changes', '1000000 100000 1'), ('changes', 'changes_record', '1000000 100000 4 1'), ('changes', 'changes_at', '1000000 100000 100');
