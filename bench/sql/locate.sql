select region_code, quality from locate_v1('3601', 115.86 + random() * 0.06, 28.66 + random() * 0.05);
