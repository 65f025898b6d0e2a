drop function if exists act_v1(text, text, uuid, uuid, uuid, bytea, jsonb, integer, uuid, timestamptz, jsonb, bytea[], double precision, double precision, real);
drop function if exists rate_v1(text, text, bytea, text, uuid, bytea, timestamptz, smallint, text, text, text[], integer);
drop function if exists move_v1(cases, jsonb, uuid, uuid, timestamptz, jsonb, bytea[]);
drop function if exists facts_v1(cases, cases, text, jsonb);
drop function if exists assignee_post_v1(text, jsonb);
drop function if exists assign_v1(cases, uuid, uuid, smallint, timestamptz);
drop function if exists assignment_facts_v1(cases, cases, text);
drop function if exists turn_clock_v1(cases, text, timestamptz, timestamptz);

-- The effect of an action on the case's row, and what its event says besides. Raises GZ001 when what it needs is missing or
-- names nothing. Sources, relations and targets have been checked; cases/workflow.py holds the table.
create or replace function effect_v1(
  p_case cases, p_action text, p_relation text, p_post uuid, p_user uuid, p_at timestamptz, p_content jsonb,
  p_photos bytea[], out o_case cases, out o_more jsonb
) language plpgsql as $$
declare
  v_both record;
begin
  o_case := p_case;
  o_more := '{}';
  case
    when p_action in ('dispatch', 'reassign', 'delegate') then
      select * into v_both from assign_named_v1(p_case, p_action, p_post, p_user, p_at, p_content);
    when p_action = 'accept' then o_case := accept_v1(p_case, p_content, p_at);
    when p_action in ('reject', 'withdraw') then o_case := end_v1(p_case, case p_action when 'reject' then 'rejected' else 'withdrawn' end, p_at);
    when p_action = 'appeal' then
      o_case.level := coalesce(level_above_v1(p_case.level), p_case.level);
      o_case := begin_step_v1(o_case, 'reported', 'accept', p_at);
    when p_action = 'merge' then o_case := merge_v1(p_case, (p_content ->> 'main_case')::uuid, p_at);
    when p_action = 'unmerge' then o_case := unmerge_v1(p_case, p_at);
    when p_action = 'sign' then o_case := sign_v1(p_case, p_relation, p_post, p_at);
    when p_action = 'return' then o_case := return_v1(p_case, p_at);
    when p_action = 'escalate' then
      o_case := escalate_v1(p_case, p_content ->> 'cause', p_at);
      o_more := jsonb_build_object('cause', p_content -> 'cause');
    when p_action = 'refuse_escalation' then o_case := refuse_escalation_v1(p_case, p_at);
    when p_action = 'transfer' then o_case := transfer_v1(p_case, p_content, p_at);
    when p_action = 'recall' then o_case := recall_v1(p_case, p_at);
    when p_action = 'resume' then o_case := resume_v1(p_case, p_at);
    when p_action = 'handle' then
      o_case := handle_v1(p_case, p_post, p_at, p_content, p_photos);
      o_more := jsonb_build_object('outcome', p_content -> 'outcome');
    when p_action = 'verify_pass' then o_case := verify_pass_v1(p_case, p_at, p_content, p_photos);
    when p_action = 'verify_fail' then o_case := verify_fail_v1(p_case, p_at);
    when p_action = 'reopen' then
      o_case := reopen_v1(p_case, p_case.level, p_at);
      o_more := '{"why": "desk"}';
    when p_action = 'whistle' then o_more := whistle_v1(p_case, p_relation, p_user, p_at, p_content);
    when p_action = 'whistle_answer' then o_more := jsonb_build_object('closed_tasks', close_tasks_v1(p_case, '{whistle}', p_post, p_at));
    when p_action = 'supervise' then o_more := supervise_v1(p_case, p_user, p_at, p_content);
    when p_action = 'supervise_reply' then o_more := jsonb_build_object('closed_tasks', close_tasks_v1(p_case, '{supervise}', p_post, p_at));
    when p_action = 'own' then
      o_more := jsonb_build_object('tasks', jsonb_build_array(open_task_v1(p_case, 'own', p_post, null, null, p_user, null, null, p_at)));
    when p_action = 'strike_off' then o_more := jsonb_build_object('closed_tasks', close_tasks_v1(p_case, '{own}', p_post, p_at));
    when p_action = 'consult' then o_more := consult_v1(p_case, p_user, p_at, p_content);
    when p_action = 'ask_expert' then
      o_more := call_posts_v1(p_case, 'expert', jsonb_build_array(p_content -> 'expert'), 'expert', p_user, due_of_v1(p_case, 'expert', p_at), p_at);
    when p_action = 'expert_answer' then o_more := jsonb_build_object('closed_tasks', close_tasks_v1(p_case, '{expert}', p_post, p_at));
    when p_action = 'offer' then o_more := call_posts_v1(p_case, 'offer', p_content -> 'posts', null, p_user, null, p_at);
    when p_action = 'request' then o_more := request_v1(p_case, p_user, p_at, p_content);
    when p_action = 'decide' then
      select * into v_both from decide_v1(p_case, p_user, p_at, p_content);
    when p_action = 'correct' then
      select * into v_both from correct_v1(p_case, p_relation, p_user, p_at, p_content);
    when p_action = 'mediate' then
      if (p_content ->> 'held_at')::timestamptz > p_at then raise exception using errcode = 'GZ001', message = 'held_in_future'; end if;
      o_more := jsonb_build_object('mediation', p_content -> 'mediation', 'mediated_at_level', p_case.level,
                                   'held_at', p_content -> 'held_at', 'referral', coalesce(p_content -> 'referral', 'false'),
                                   'agreement', p_content ->> 'agreement' is not null);
    when p_action = 'rate' then
      o_case.stars := (p_content ->> 'stars')::smallint;
      o_case.satisfaction := p_content ->> 'satisfaction';
      o_case.dissatisfactions := p_case.dissatisfactions + (o_case.satisfaction = 'dissatisfied')::int;
      if o_case.satisfaction = 'dissatisfied' and o_case.dissatisfactions >= 3 then
        o_more := jsonb_build_object('tasks', jsonb_build_array(open_task_v1(
          p_case, 'evaluation', null, null, left(p_case.region_code, least(p_case.level, 6)), null,
          due_of_v1(p_case, 'evaluate', p_at), null, p_at)));
      end if;
    when p_action = 'adopt' then
      if not exists (select from commands where city = p_case.city and case_id = p_case.id and refused is not null
                        and id = (p_content ->> 'command')::uuid)
         or exists (select from events e where e.city = p_case.city and e.case_id = p_case.id and e.action = 'adopt'
                       and e.facts -> 'command' = p_content -> 'command') then
        raise exception using errcode = 'GZ001', message = 'unknown_command';
      end if;
      o_more := jsonb_build_object('command', p_content -> 'command');
    when p_action = 'confirm' then o_more := jsonb_build_object('fixed', p_content -> 'fixed');
    when p_action = 'revisit' then o_more := jsonb_build_object('revisited', p_content -> 'satisfaction');
    when p_action = 'evaluate' then
      o_case.final := true;
      o_more := jsonb_build_object('evaluation', p_content -> 'evaluation', 'closed_tasks', close_tasks_v1(p_case, '{evaluation}', null, p_at));
    when p_action = 'release' then perform check_released_v1(p_case, p_photos);
    else null;  -- a note that is only told: contact, arrive, progress, check, add, remind, complain
  end case;
  if p_action in ('dispatch', 'reassign', 'delegate', 'decide', 'correct') then
    o_case := v_both.o_case;
    o_more := v_both.o_more;
  end if;
end $$;

-- Whether whoever has a case has had it longer than it may be returned; it counts from the last dispatch.
create or replace function return_late_v1(p_case cases, p_at timestamptz) returns boolean language sql stable as $$
  select exists (
    select from step_limit_v1(p_case, 'return', (
      select max(started_at) from clocks k where k.city = p_case.city and k.case_id = p_case.id and k.step = 'sign')) l
     where l.due_at < p_at)
$$;

-- What can be asked for in a state.
create or replace function requests_of_v1(p_state text) returns text[] language sql immutable as $$
  select case when p_state = 'signed' then '{extend,suspend,void}'::text[]
              when p_state in ('accepted', 'dispatched') then '{suspend,void}' else '{void}' end
$$;

-- Actions that the table has in this state and that are nobody's now, whatever is said with them: no button shows them.
create or replace function barred_v1(p_case cases, p_at timestamptz) returns text[] language plpgsql stable as $$
declare
  v_asked text[] := array(select kind from tasks
                           where city = p_case.city and case_id = p_case.id and closed_at is null
                             and kind in ('own', 'extend', 'suspend', 'void'));
begin
  return array_remove(array[
    case when p_case.level <= 4 then 'escalate' end,
    case when joined_v1(p_case) then 'withdraw' end,
    case when 'own' = any (v_asked) then 'own' end,
    case when v_asked @> requests_of_v1(p_case.state) then 'request' end,
    case when p_case.state in ('dispatched', 'signed') and return_late_v1(p_case, p_at) then 'return' end], null);
end $$;

-- Whether others have met the same: then it is no longer one reporter's to withdraw.
create or replace function joined_v1(p_case cases) returns boolean language plpgsql stable as $$
begin
  return p_case.state in ('reported', 'accepted') and exists (
    select from reports where city = p_case.city and case_id = p_case.id and joined);
end $$;

-- Whether a case is a dispute that has not been mediated three times at the level where it sits (rule C9): until then it
-- leaves that level neither by escalation nor by a dispatch to a unit above, unless a life is in danger.
create or replace function unmediated_v1(p_case cases) returns boolean language plpgsql stable as $$
begin
  return exists (select from city_matters where city = p_case.city and kind = p_case.matter_kind
                    and code = p_case.matter_code and dispute)
     and (select count(*) from events e where e.city = p_case.city and e.case_id = p_case.id and e.action = 'mediate'
             and (e.facts ->> 'mediated_at_level')::int = p_case.level) < 3;
end $$;

-- Why somebody may not do what their relation and the state would allow; null when they may. `p_relation` is null when no
-- relation allows it.
create or replace function why_not_v1(p_case cases, p_row jsonb, p_relations jsonb, p_relation text, p_content jsonb, p_at timestamptz)
returns text language plpgsql stable as $$
declare
  v_action text := p_row ->> 'action';
begin
  if p_relations = '{}' then return 'no_longer_yours'; end if;
  if not p_row -> 'from' ? p_case.state then
    return case v_action when 'rate' then 'rating_not_open' else 'not_allowed_now' end;
  end if;
  if p_relation is null then
    return case
      when v_action = 'return' and p_relations ? 'assignee' then 'assignment_pinned'
      when v_action in ('dispatch', 'reassign') and p_relations ? 'desk' then 'duty_leader_decides'
      when v_action = 'rate' and p_case.stars is not null then 'already_rated'
      when v_action = 'rate' and p_relations ? 'first_reporter' then 'rating_not_open'
      when v_action = 'appeal' and p_relations ? 'first_reporter' then 'already_appealed'
      else 'not_yours_to_do' end;
  end if;
  return case
    when v_action = 'return' and return_late_v1(p_case, p_at) then 'return_too_late'
    when v_action = 'escalate' and p_case.level <= 4 then 'no_level_above'
    when v_action = 'withdraw' and joined_v1(p_case) then 'others_joined'
    when v_action = 'escalate' and coalesce(p_content ->> 'cause', '') <> 'danger_to_life'
      and unmediated_v1(p_case) then 'mediations_needed'
    when v_action in ('dispatch', 'reassign') and p_case.urgency <> 'critical' and exists (
      select from units where id = (p_content #>> '{assignee,unit_id}')::uuid and length(region_code) < p_case.level)
      and unmediated_v1(p_case) then 'mediations_needed'
    when v_action = 'request' and not p_content ->> 'request' = any (requests_of_v1(p_case.state)) then 'not_allowed_now'
    when v_action in ('request', 'own') and exists (
      select from tasks t where t.city = p_case.city and t.case_id = p_case.id and t.closed_at is null
         and t.kind = case v_action when 'own' then 'own' else p_content ->> 'request' end) then 'already_asked'
  end;
end $$;

-- What the API needs to answer a command: the state now, and how the caller stands to the case.
create or replace function outcome_v1(p_case cases, p_relations text[], p_refused text, p_known boolean, p_more jsonb)
returns jsonb language plpgsql immutable as $$
begin
  return jsonb_build_object('case_id', p_case.id, 'state', p_case.state, 'version', p_case.version, 'seq', p_case.seq,
                            'verification', p_case.verification, 'relations', p_relations, 'refused', p_refused,
                            'known', p_known) || p_more;
end $$;

-- What of a command is free text, a photo or a place: it goes into the event's body, which can be erased.
create or replace function body_v1(p_content jsonb, p_photos bytea[]) returns jsonb language sql immutable as $$
  select nullif(jsonb_strip_nulls(
    (select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(p_content)
      where key in ('note', 'reason', 'reply', 'text', 'comment', 'present', 'agreement', 'minutes', 'organisation', 'address',
                    'position'))
    || case when cardinality(p_photos) > 0 then jsonb_build_object('photos', photo_names_v1(p_photos)) else '{}' end), '{}')
$$;

-- When something was done (rule C5): at the moment that the device names, corrected by its measured skew, when the
-- milliseconds that its monotonic clock counted since then bear it out to two minutes; else at arrival. Never before the
-- step began.
create or replace function done_at_v1(p_case cases, p_occurred timestamptz, p_elapsed int, p_at timestamptz) returns timestamptz
language plpgsql immutable as $$
begin
  if p_elapsed is null or abs(extract(epoch from p_at - p_occurred) - p_elapsed / 1000.0) > 120 then return p_at; end if;
  return least(greatest(p_occurred, coalesce(p_case.step_started_at, p_occurred)), p_at);
end $$;

-- What a desk adopts (rule C6): the content of the refused command, in the desk's own event.
create or replace function adopted_v1(p_case cases, p_content jsonb) returns jsonb language sql stable as $$
  select (k.content - 'position') || jsonb_strip_nulls(jsonb_build_object('adopted', k.action, 'note', coalesce(
           p_content -> 'note', k.content -> 'reply', k.content -> 'note', k.content -> 'reason', k.content -> 'text')))
    from commands k where k.city = p_case.city and k.case_id = p_case.id and k.id = (p_content ->> 'command')::uuid
$$;

-- One command on a case whose row is locked, by somebody who stands in `p_relations` to it (relation -> post). Decides state,
-- permission and version, applies the effect, appends the event and lets the system answer. One that was done before is
-- told again; one refused because the case has moved on is kept with its content as not adopted (rule C6) and changes
-- nothing; a faulty one is raised as GZ001 and stores nothing.
create or replace function command_v1(
  p_case cases, p_relations jsonb, p_actor text, p_author text, p_uploader text, p_user uuid, p_id uuid, p_hmac bytea, p_row jsonb,
  p_version int, p_after uuid, p_occurred timestamptz, p_elapsed int, p_content jsonb, p_photos bytea[], p_lng float8,
  p_lat float8, p_accuracy real, p_at timestamptz
) returns jsonb language plpgsql as $$
declare
  v_action text := p_row ->> 'action';
  v_known commands;
  v_relation text;
  v_post uuid;
  v_refused text;
  v_effect record;
  v_case cases;
  v_more jsonb;
  v_position jsonb;
  v_done timestamptz;
  v_missing text[] := '{}';
begin
  select * into v_known from commands where city = p_case.city and author = p_author and id = p_id;
  if found then
    if v_known.body_hmac <> p_hmac then raise exception using errcode = 'GZ001', message = 'same_id_other_body'; end if;
    if cardinality(p_photos) > 0 then v_missing := link_photos_v1(p_case.city, p_uploader, p_case.id, p_photos); end if;
    return outcome_v1(p_case, array(select jsonb_object_keys(p_relations)), v_known.refused, true,
                      jsonb_build_object('missing_photos', v_missing, 'barred', barred_v1(p_case, p_at)));
  end if;

  select r, (p_relations ->> r)::uuid into v_relation, v_post
    from jsonb_array_elements_text(p_row -> 'by') r where p_relations ? r limit 1;
  v_refused := why_not_v1(p_case, p_row, p_relations, v_relation, p_content, p_at);
  if v_refused is null and p_row ->> 'kind' = 'move' and p_actor = 'post' then
    v_refused := case
      when p_after is not null and p_case.version is distinct from (
        select version from commands where city = p_case.city and author = p_author and id = p_after and case_id = p_case.id
           and refused is null) then 'stale_version'
      when p_after is null and p_case.version is distinct from p_version then 'stale_version' end;
  end if;
  if v_refused is not null then
    insert into commands (city, author, id, case_id, action, body_hmac, refused, content)
    values (p_case.city, p_author, p_id, p_case.id, v_action, p_hmac, v_refused, p_content) on conflict do nothing;
    if not found then raise exception using errcode = 'GZ001', message = 'same_id_other_body'; end if;
    if cardinality(p_photos) > 0 then v_missing := link_photos_v1(p_case.city, p_uploader, p_case.id, p_photos); end if;
    return outcome_v1(p_case, array(select jsonb_object_keys(p_relations)), v_refused, false,
                      jsonb_build_object('missing_photos', v_missing, 'barred', barred_v1(p_case, p_at)));
  end if;

  v_done := done_at_v1(p_case, p_occurred, p_elapsed, p_at);
  select * into v_effect from effect_v1(p_case, v_action, v_relation, v_post, p_user, p_at, p_content, p_photos);
  v_case := v_effect.o_case;
  v_more := v_effect.o_more;
  if p_content ? 'position' or (v_action in ('verify_pass', 'verify_fail') and p_case.verification = 'on_site') then
    v_position := fence_v2(p_case, p_case.state = 'handled' and p_case.verification = 'on_site', p_lng, p_lat, p_accuracy);
    v_more := v_more || jsonb_build_object('position', v_position);
    if (v_position ->> 'doubtful')::boolean then
      insert into doubtful_positions values (p_case.city, v_post, p_case.id, p_case.seq + 1, p_at);
    end if;
  end if;
  if abs(extract(epoch from p_occurred - v_done)) > 120 then v_more := v_more || jsonb_build_object('claimed_at', p_occurred); end if;
  if v_action in ('contact', 'arrive') then perform stop_beside_v1(p_case, v_action, p_at, v_done); end if;
  v_case := write_v1(p_case, v_case, v_action, p_row ->> 'kind', p_actor, p_user, v_post, v_done, p_at, v_more,
                     case v_action when 'adopt' then adopted_v1(p_case, p_content) else body_v1(p_content, p_photos) end);
  insert into commands (city, author, id, case_id, action, body_hmac, seq, version)
  values (p_case.city, p_author, p_id, p_case.id, v_action, p_hmac, v_case.seq, v_case.version) on conflict do nothing;
  -- Only the same id for another case comes between, whose lock is not this one.
  if not found then raise exception using errcode = 'GZ001', message = 'same_id_other_body'; end if;
  if cardinality(p_photos) > 0 then v_missing := link_photos_v1(p_case.city, p_uploader, p_case.id, p_photos); end if;
  v_case := follow_v1(p_case, v_case, v_action, v_more, p_content, p_at);
  return outcome_v1(v_case, case when p_actor = 'post' then array(select relation from relations_v1(v_case, p_user, p_at)) end,
                    null, false, jsonb_build_object('missing_photos', v_missing));
end $$;

-- One command by a signed-in person. A case that one never saw does not exist for them.
create or replace function act_v2(
  p_city text, p_author text, p_user uuid, p_id uuid, p_case_id uuid, p_hmac bytea, p_row jsonb, p_version int, p_after uuid,
  p_occurred timestamptz, p_elapsed int, p_content jsonb, p_photos bytea[], p_lng float8, p_lat float8, p_accuracy real
) returns jsonb language plpgsql as $$
declare
  v_now timestamptz;
  v_case cases;
  v_relations jsonb;
begin
  select * into v_case from cases where city = p_city and id = p_case_id for update;
  if not found then raise exception using errcode = 'GZ001', message = 'not_found'; end if;
  v_now := now_v1();
  select coalesce(jsonb_object_agg(relation, post_id), '{}') into v_relations from relations_v1(v_case, p_user, v_now);
  if v_relations = '{}' and not exists (
       select from events e where e.city = p_city and e.case_id = p_case_id
          and (e.actor_user_id = p_user
               or exists (select from posts p where p.user_id = p_user and 'post:' || p.id = any (e.audience))
               or exists (select from posts_held_v1(p_city, p_user, v_now) m, unnest(e.audience) token
                           where (token = 'unit:' || m.unit_id and m.role not in ('expert', 'admin', 'security_admin', 'auditor'))
                              or (m.centre and m.role in ('leader', 'dispatcher', 'duty_leader')
                                  and starts_with(token, 'region:' || m.region_code))))) then
    raise exception using errcode = 'GZ001', message = 'not_found';
  end if;
  return command_v1(v_case, v_relations, 'post', p_author, p_author, p_user, p_id, p_hmac, p_row, p_version, p_after, p_occurred,
                    p_elapsed, p_content, p_photos, p_lng, p_lat, p_accuracy, v_now);
end $$;

-- One command by whoever holds a report's receipt, proven by the device's secret or the reporter's phone number.
create or replace function note_v1(
  p_city text, p_receipt text, p_secret bytea, p_phone bytea, p_uploader text, p_id uuid, p_hmac bytea, p_row jsonb,
  p_occurred timestamptz, p_elapsed int, p_content jsonb, p_photos bytea[], p_days int
) returns jsonb language plpgsql as $$
declare
  v_now timestamptz;
  v_report reports;
  v_case cases;
begin
  select * into v_report from reports
   where city = p_city and receipt_code = p_receipt and (secret_hash = p_secret or phone_hmac = p_phone);
  if not found then raise exception using errcode = 'GZ001', message = 'not_found'; end if;
  select * into v_case from cases where city = p_city and id = v_report.case_id for update;
  v_now := now_v1();
  return command_v1(
    v_case, (select jsonb_object_agg(r, null) from unnest(reporter_relations_v1(v_case, v_report, p_days, v_now)) r),
    'reporter', 'receipt:' || p_receipt, p_uploader, null, p_id, p_hmac, p_row, null, null, p_occurred, p_elapsed, p_content, p_photos, null, null, null,
    v_now);
end $$;
