-- A record has few pairs, a workspace many: without it, those of a part of the feed are sought among all.
DELETE FROM sqlite_stat1 WHERE tbl IN ('duplicates', 'duplicate_keys');--> statement-breakpoint
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('duplicates', 'sqlite_autoindex_duplicates_1', '1000000 100000 1'), ('duplicates', 'duplicates_pair', '1000000 100000 4 1'), ('duplicates', 'duplicates_right', '1000000 100000 4'), ('duplicates', 'duplicates_score', '1000000 100000 50000 1000 1'),
  ('duplicate_keys', 'duplicate_keys', '5000000 500000 5 1'), ('duplicate_keys', 'duplicate_keys_key', '5000000 500000 3 1');
