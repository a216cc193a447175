UPDATE rooms SET resumed_at = '2026-05-01 14:00:00.000123';
INSERT INTO rooms (id, guild_id, moderator_channel_id, therapy_parent_id, settings, paused,
    pause_reason, simulated, created_at)
VALUES (2, 1361000000000000000, 3, 2, '{}', 0, '', 0, '2026-05-01 12:00:00.000000');
INSERT INTO turns (id, room_id, state, evaluation, round, attempts, delivery_tries, created_at)
VALUES (2, 2, 'gated', 'none', 1, 0, 0, '2026-05-01 12:00:01.000000');
DELETE FROM marks;
INSERT INTO marks VALUES
    ('commands of 99', 'abc', '2026-05-01 11:00:00'),
    ('card of turn 1', '1361000000000000002 1361000000000000050', '2026-05-01 11:00:00'),
    ('seat of turn 1', '', '2026-05-01 11:00:00'),
    ('seat of turn 2', '5 51', '2026-05-01 11:00:00'),
    ('gate of turn 2', '3 52', '2026-05-01 11:00:00'),
    ('gate of turn 404', '3 53', '2026-05-01 11:00:00'),
    ('told in pause, room 1361000000000000001', '2026-05-01T14:00:00.000123+00:00 77 78',
        '2026-05-01 11:00:00'),
    ('told in pause, room 2', 'first 79', '2026-05-01 11:00:00'),
    ('told in pause, room 404', 'first 80', '2026-05-01 11:00:00'),
    ('told of hold, room 2', '2', '2026-05-01 11:00:00'),
    ('told of hold, room 1361000000000000001', '404', '2026-05-01 11:00:00'),
    ('notice in 1361000000000000001', '1361000000000000060', '2026-05-01 11:00:00'),
    ('notice in 404', '61', '2026-05-01 11:00:00'),
    ('alliance of turn 1', '[{"method":"embeddings, m","points":[]}]', '2026-05-01 11:00:00'),
    ('alliance of turn 404', '[]', '2026-05-01 11:00:00'),
    ('trust yes/no 1 m', '{"method":"yes/no 1","model":"m","n":240,"auroc":0.93,"recall":0.88,'
        || '"false_alarms":0.04,"date":"2026-11-21"}', '2026-05-01 11:00:00'),
    ('trust written 1 m', 'of another version', '2026-05-01 11:00:00'),
    ('simulation ordered', '', '2026-05-01 11:00:00');
