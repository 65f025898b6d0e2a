drop function if exists relations_v1(cases, uuid, timestamptz);

-- The posts that a person holds at a moment, with what their unit is.
create or replace function posts_held_v1(p_city text, p_user uuid, p_at timestamptz)
returns table (id uuid, role text, region_code text, unit_id uuid, centre boolean, desk boolean, working boolean)
language sql stable as $$
  select p.id, p.role, p.region_code, p.unit_id, coalesce(u.kind = 'centre', false),
         coalesce(u.kind = 'centre', false) and p.role in ('dispatcher', 'duty_leader'),
         p.role in ('handler', 'responder', 'dispatcher', 'duty_leader', 'mediator')
    from posts p left join units u on u.id = p.unit_id
   where p.user_id = p_user and p.city = p_city
     and p.starts_on <= city_date_v1(p_at) and (p.ends_on is null or p.ends_on >= city_date_v1(p_at))
$$;

-- How a signed-in person stands to a case: one row per relation with the post that gives it (rules P1, P7, C3, C10). The
-- names are those of cases/workflow.py; 'grid' and 'viewer' only see.
create or replace function relations_v1(p_case cases, p_user uuid, p_at timestamptz)
returns table (relation text, post_id uuid) language sql stable as $$
  with mine as materialized (select * from posts_held_v1(p_case.city, p_user, p_at)),
  waiting as materialized (
    select t.kind, t.asked_by, m.id, m.role from tasks t join mine m on
           t.post_id = m.id or (t.unit_id = m.unit_id and (m.working or m.role = 'leader'))
           or (m.desk and starts_with(t.desk, m.region_code))
     where t.city = p_case.city and t.case_id = p_case.id and t.closed_at is null),
  standing as (
    select m.*,
           m.desk and starts_with(p_case.region_code, m.region_code) and length(m.region_code) <= p_case.level as acts,
           m.id = p_case.assignee_post_id
             or (p_case.assignee_post_id is null and m.unit_id = p_case.lead_unit_id and m.working) as assigned,
           coalesce(m.unit_id = p_case.lead_unit_id or m.unit_id = (
             select u.parent_unit_id from units u where u.id = p_case.lead_unit_id), false)
             and m.role not in ('expert', 'admin', 'security_admin', 'auditor') as of_unit
      from mine m)
  select r.relation, (array_agg(r.id order by r.id))[1]
    from (
      select r.relation, s.id from standing s cross join lateral (values
        ('desk', s.acts),
        ('distributor', s.acts and (p_case.returns < 2 or s.role = 'duty_leader')),
        ('upper_desk', s.acts and length(s.region_code) < p_case.escalated_from and not p_case.ownerless and not exists (
           select from events e where e.city = p_case.city and e.case_id = p_case.id and e.action = 'refuse_escalation')),
        ('street_desk', s.acts and length(s.region_code) <= 9),
        ('leader', s.centre and s.role = 'leader' and starts_with(p_case.region_code, s.region_code)),
        ('assignee', s.assigned),
        ('returner', s.assigned and not p_case.pinned),
        ('head', s.of_unit and s.role in ('leader', 'duty_leader')),
        ('keeper', s.id = p_case.keeper_post_id
                   or (p_case.keeper_post_id is null and s.unit_id = p_case.keeper_unit_id and s.working)),
        ('verifier', p_case.state = 'handled'
                     and (s.id = p_case.verifier_post_id or (s.desk and starts_with(p_case.verifier_region, s.region_code)))
                     and not exists (select from posts h where h.id = p_case.handled_by_post_id and h.user_id = p_user)),
        ('viewer', (s.centre and s.role in ('leader', 'dispatcher', 'duty_leader')
                    and starts_with(p_case.region_code, s.region_code)) or s.of_unit),
        ('grid', s.unit_id is null and s.region_code = p_case.region_code and p_case.confidentiality <> 'sensitive')
      ) as r (relation, holds) where r.holds
      union all
      select k.relation, w.id from waiting w cross join lateral (values
        ('offered', w.kind = 'offer'), ('co', w.kind = 'co'), ('whistled', w.kind = 'whistle'),
        ('supervised', w.kind = 'supervise'), ('consulted', w.kind = 'consult'), ('expert', w.kind = 'expert'),
        ('owner', w.kind = 'own'), ('evaluator', w.kind = 'evaluation'),
        ('decider', w.asked_by <> p_user
                    and (w.kind = 'correction' or (w.kind in ('extend', 'suspend', 'void') and w.role = 'duty_leader')))
      ) as k (relation, holds) where k.holds
    ) r group by r.relation
$$;

-- How whoever holds a report's receipt stands to its case. Only the first reporter withdraws, appeals and rates: those who
-- met it too look on, add and remind.
create or replace function reporter_relations_v1(p_case cases, p_report reports, p_days int, p_at timestamptz) returns text[]
language sql stable as $$
  select array_remove(array[
    'reporter',
    case when not p_report.joined then 'first_reporter' end,
    case when not p_report.joined and not exists (
      select from events e where e.city = p_case.city and e.case_id = p_case.id and e.action = 'appeal')
      then 'appellant' end,
    case when not p_report.joined and p_case.stars is null and not p_case.final
              and p_case.closed_at > p_at - make_interval(days => p_days) then 'rater' end], null)
$$;
