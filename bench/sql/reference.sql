select reference_intake(gen_random_uuid(), 5::smallint, '路灯不亮，已经三天', 115.86 + random() * 0.06, 28.66 + random() * 0.05);
