INSERT INTO guilds VALUES (1361000000000000000, '2026-05-01 12:00:00.000000');
INSERT INTO rooms (id, guild_id, moderator_channel_id, therapy_parent_id, persona, norms,
    max_rounds, reply_when, paused, pause_reason, simulated, created_at)
VALUES (1361000000000000001, 1361000000000000000, 1361000000000000002, 1361000000000000001,
    'default', 'Be kind.', 3, 'always', false, '', false, '2026-05-01 12:00:00.000000');
INSERT INTO therapy_threads VALUES (1361000000000000001, '2026-05-01', 1361000000000000003);
INSERT INTO turns (id, room_id, state, evaluation, round, attempts, delivery_tries, draft,
    candidate, reply, created_at, replied_at)
VALUES (1, 1361000000000000001, 'sent', 'scored', 1, 0, 1, 'Enough of you.', 'Tell me more.',
    'Tell me more.', '2026-05-01 12:00:01.000000', '2026-05-01 12:00:09.000000');
INSERT INTO messages VALUES (1361000000000000010, 1361000000000000001, 1, 77, 'Ann',
    'I just got promoted!', '2026-05-01 12:00:00.000000');
INSERT INTO reply_posts VALUES (1361000000000000011, 1, 0);
INSERT INTO utterances VALUES (1, 1, 1, 'therapist', 'Where is she in this?',
    '{"user_feels":"proud","user_needs":"to be seen","harms":[],"says":"Where is she in this?",'
    || '"something_left":true,"wants_to_see":false}', NULL, '2026-05-01 12:00:05.000000');
INSERT INTO evaluations VALUES (1, 1, 'draft', 'critic', 'because', 'written v1', 'a-model',
    '0123456789ab', '2026-05-01 12:00:12.000000');
INSERT INTO scores VALUES (1, 'narcissistic', 80);
INSERT INTO rewards VALUES (1, 1, 'critic', 0.8, '', '2026-05-01 12:00:12.000000');
INSERT INTO acts VALUES (1, 1361000000000000000, 1361000000000000001, NULL, 7, 'Mo', 'pause',
    'a raid', '{"minutes": 5}', '2026-05-01 13:00:00.000000');
INSERT INTO llm_calls VALUES (1, 1361000000000000001, 1, 'chatbot', 'a-model', 'draft',
    '0123456789ab', 1, '2026-05-01 12:00:01.000000', 0.5, 100, 0, 20, NULL, 'ok');
INSERT INTO outbox (id, room_id, place, kind, turn_id, text, tries, created_at)
VALUES (1, 1361000000000000001, 'moderators', 'card', 1, '', 0, '2026-05-01 12:00:12.000000');
INSERT INTO privacy_choices VALUES (77, 1361000000000000000, true, false, '2026-05-01 12:30:00.000000');
INSERT INTO marks VALUES ('commands', 'abc', '2026-05-01 11:00:00.000000');
