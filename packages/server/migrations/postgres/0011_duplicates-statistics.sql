-- PostgreSQL keeps statistics itself.
SELECT 1;
