/* How a group of depots switches to the next metaset: the protocol of `metaset agent`, checked
 * by spin. README.md beside this file says what a step is in the code, what is bounded, and
 * what is not modelled.
 *
 * A member is one process. Each option of its loop is one atomic step: one transaction of etcd,
 * or one change of what the agent or its gate holds. Nothing is fair and nothing is ordered: a
 * member that is paused, or cut off from etcd, is one whose steps are not chosen; an etcd
 * without quorum is one that no step uses. Agents learn what a transaction did only from a
 * later snapshot, so each answer may be lost.
 *
 * Time is not a number here. What a wait is for is its guard: etcd ends a lease (or, with
 * OBSERVED, a member that saw it gone ends its wait) only when the fence that rests on it has
 * passed; a promise ends only when the fence that rests on it has passed. fence.pml checks that
 * the arithmetic gives just that.
 *
 * Checked at every step: no two members would answer from different metasets, and once one
 * would have answered from a newer metaset, none answers from an older one. With PROGRESS: see
 * the environment.
 */
#ifndef MEMBERS
#define MEMBERS 3
#endif
#ifndef IN        /* who is in the group at first, a set */
#define IN 7
#endif
#ifndef ROLLOUTS
#define ROLLOUTS 1
#endif
#ifndef FAILURES  /* how many leases may end and agents be started again; 99: without end */
#define FAILURES 99
#endif
#ifndef PROMISES  /* whether members without contact to etcd promise each other to go on */
#define PROMISES 1
#endif
#ifndef ASKERS    /* which members may ask for promises */
#define ASKERS 7
#endif
/* What can be left out, to see that it is missed. */
#ifndef BUG_RELEASE_BY_CLOCK
#define BUG_RELEASE_BY_CLOCK 0 /* a member that held too long answers again */
#endif
#ifndef BUG_SWITCH_WITHOUT_ABSENT
#define BUG_SWITCH_WITHOUT_ABSENT 0 /* held by those who live is enough */
#endif
#ifndef BUG_SWITCH_ANYWAY
#define BUG_SWITCH_ANYWAY 0 /* the switch does not compare the revision of the rollout */
#endif
#ifndef BUG_JOIN_UNKNOWN
#define BUG_JOIN_UNKNOWN 0 /* IN before all acknowledged */
#endif
#ifndef BUG_REVIVE_OLD_GATE
#define BUG_REVIVE_OLD_GATE 0 /* a new lease makes the gate of before valid */
#endif
#ifndef BUG_REMOVE_PROMISED
#define BUG_REMOVE_PROMISED 0 /* removes one it promised not to */
#endif
#ifndef BUG_BREAK_PROMISES
#define BUG_BREAK_PROMISES 0 /* promises bind nobody */
#endif
#ifndef BUG_PROMISE_OTHER_CONFIG
#define BUG_PROMISE_OTHER_CONFIG 0 /* promises though it knows another config */
#endif
#ifndef BUG_REGISTER_SILENTLY
#define BUG_REGISTER_SILENTLY 0 /* registration does not touch config */
#endif
#ifndef BUG_FORGET_PROMISES
#define BUG_FORGET_PROMISES 0 /* by a crash */
#endif
#ifndef BUG_HOLD_PROMISED
#define BUG_HOLD_PROMISED 0 /* confirms a hold in spite of a promise */
#endif
#ifndef BUG_REMOVE_BLINDLY
#define BUG_REMOVE_BLINDLY 0 /* the removal does not compare that members/X is absent */
#endif
#ifndef BUG_PROMISE_GONE
#define BUG_PROMISE_GONE 0 /* to one whose removal was asked for */
#endif
#ifndef BUG_KNOW_EXTENDED
#define BUG_KNOW_EXTENDED 0 /* acknowledges with a fence that promises extended */
#endif
#ifndef BUG_REGISTER_AGAIN
#define BUG_REGISTER_AGAIN 0 /* though it has a lease, and for ever */
#endif
#ifndef BUG_STAY_HELD
#define BUG_STAY_HELD 0 /* a member in a hold is not released by an abort */
#endif
#ifndef BUG_REMOVE_AT_ONCE
#define BUG_REMOVE_AT_ONCE 0 /* without waiting since its lease was seen gone */
#endif

#define ONE(x) (1 << (x))
#define HAS(set, x) ((set) & ONE(x))
#define SET(set, x) set = set | ONE(x)
#define CLEAR(set, x) set = set & ~ONE(x)

/* ---- etcd ---- */
byte current;        /* the key `current` */
byte config = IN;    /* who is IN */
byte joining;        /* who is joining, plus one */
byte alive;          /* members/X is there, bound to the lease that X's agent has now */
byte known;          /* members/X says that X knows who is joining */
byte see;            /* whose last snapshot is not older than that joining */
byte rollout;        /* revision of `rollout`: three for each; 0 none or ended, 1 prepare, 2 hold */
byte held;           /* held/ID/X is there */
byte removal;        /* a removal on its way that may be executed at any time, plus one; it compares
                        with the revision of now: a change of config ends it, as it can only fail then */
#define PHASE(r) ((r) % 3)
#define ENDED(r) (((r) / 3) * 3 + 3)

/* ---- gates: they outlive the agent ---- */
#define CLOSED 0
#define HOLD 1
#define OPEN 2       /* + the metaset */
byte gate[MEMBERS];
byte fence;          /* valid by the lease */
byte long_fence;     /* valid by promises */
byte confirmed;      /* a snapshot that showed members/X, not yet written to the gate */

/* ---- agents ---- */
#define REGISTERED 0  /* or not even that: if it has no lease it must register first */
#define INFORMED 1    /* has a snapshot that is younger than its registration */
#define TAKING_PART 2 /* and wrote its gate by one */
byte state[MEMBERS];
byte s_revision[MEMBERS]; /* of config: 0 the present one, else which of the older ones */
byte s_config[MEMBERS], s_joining[MEMBERS], s_rollout[MEMBERS], s_current[MEMBERS];
byte asked[MEMBERS];    /* itself: a round is under way; others: who promised in it */
byte promised[MEMBERS]; /* to whom; after a crash: a wait as long as any promise */
byte gone[MEMBERS];     /* whose removal it asked for, with the revision of its snapshot */

byte failures;
#define MAY_FAIL (FAILURES == 99 || failures < FAILURES)
#define FAIL failures = (FAILURES == 99 -> 0 : failures + 1)
bool calm;           /* nothing fails any more */
byte newest = OPEN;  /* anybody answered from */

#define WOULD_ANSWER(x) (gate[x] >= OPEN && HAS(fence | long_fence, x))
inline note_newest(x) { if :: WOULD_ANSWER(x) && gate[x] > newest -> newest = gate[x] :: else fi }
#define NOT_BACK(x) (!WOULD_ANSWER(x) || gate[x] == newest)
inline check() {
  note_newest(0); note_newest(1);
#if MEMBERS > 2
  note_newest(2);
  assert(NOT_BACK(2));
#endif
  assert(NOT_BACK(0) && NOT_BACK(1));
}

byte was[3];
/* All that is asked is which snapshots are of one revision, so their numbers need not grow. */
inline number() {
  was[0] = s_revision[0]; was[1] = s_revision[1];
  s_revision[0] = (was[0] -> 1 : 0);
  s_revision[1] = (!was[1] -> 0 : (was[1] == was[0] -> 1 : 1 + s_revision[0]));
#if MEMBERS > 2
  was[2] = s_revision[2];
  s_revision[2] = (!was[2] -> 0 : (was[2] == was[0] -> 1 : (was[2] == was[1] -> s_revision[1] :
                   1 + (s_revision[0] > s_revision[1] -> s_revision[0] : s_revision[1]))));
  was[2] = 0;
#endif
  was[0] = 0; was[1] = 0
}
inline forget(x) {
  state[x] = REGISTERED; asked[x] = 0; gone[x] = 0; CLEAR(confirmed, x);
  s_revision[x] = 0; number(); CLEAR(see, x); s_config[x] = 0; s_joining[x] = 0;
  s_rollout[x] = 0; s_current[x] = 0
}
#define AGE(x) s_revision[x] = (state[x] != REGISTERED && !s_revision[x] -> 9 : s_revision[x])
inline touch() {
  AGE(0); AGE(1);
#if MEMBERS > 2
  AGE(2);
#endif
  removal = 0; number()
}
#define IS_IN(x) HAS(s_config[x], x)
#define INFORMED_IN(x) (state[x] >= INFORMED && IS_IN(x))
#define SAME_ROLLOUT(x) (s_rollout[x] == rollout)
#define SAME_CONFIG(x) (state[x] != REGISTERED && s_revision[x] == 0)
#define WANTED(x) (IS_IN(x) -> (PHASE(s_rollout[x]) == 2 -> HOLD : OPEN + s_current[x]) : CLOSED)
#define JOINER(j) ((j) -> ONE((j) - 1) : 0)
#define STALE(x) (state[x] == REGISTERED || s_revision[x] || s_rollout[x] != rollout)
inline write_gate(x) {
  gate[x] = (BUG_STAY_HELD && gate[x] == HOLD && s_current[x] < ROLLOUTS -> HOLD : WANTED(x));
  state[x] = TAKING_PART; asked[x] = 0; check()
}

/* What x does about y. */
#define ABOUT(y) \
  :: d_step { /* the promise to y is over */ \
       HAS(promised[x], y) && !HAS(long_fence, y) && !(calm && HAS(asked[y], y)) -> \
       CLEAR(promised[x], y); \
       if :: HAS(asked[y], x) -> asked[y] = 0 :: else fi } \
  :: d_step { /* asks for the removal of y, whose lease is gone */ \
       y != x && INFORMED_IN(x) && HAS(s_config[x], y) && !HAS(alive, y) && !removal && \
       SAME_CONFIG(x) && (BUG_REMOVE_PROMISED || !HAS(promised[x], y)) && WAITED(y) -> \
       CLEAR(confirmed, y); SET(gone[x], y); removal = y + 1 } \
  :: d_step { /* promises */ \
       PROMISES && y != x && HAS(asked[y], y) && !HAS(asked[y], x) && MAY_PROMISE(x, y) -> \
       SET(asked[y], x); \
       if :: BUG_BREAK_PROMISES :: else -> SET(promised[x], y) fi }
#ifdef OBSERVED
#define WAITED(y) (BUG_REMOVE_AT_ONCE || !HAS(fence, y))
#define MAY_LAPSE(x) 1
#else
#define WAITED(y) 1
#define MAY_LAPSE(x) !HAS(fence, x)
#endif
#define SERVES(x) (IS_IN(x) -> gate[x] : OPEN + s_current[x])
#define MAY_PROMISE(x, y) (state[x] == TAKING_PART && \
   SERVES(x) == gate[y] && \
   (BUG_PROMISE_OTHER_CONFIG || s_revision[x] == s_revision[y]) && \
   (BUG_PROMISE_GONE || !HAS(gone[x], y)))

proctype member(byte x) {
end:
  do
  /* ---- time ---- */
  :: d_step { !calm && HAS(alive, x) && MAY_LAPSE(x) && MAY_FAIL ->
       FAIL; CLEAR(alive, x); CLEAR(held, x); CLEAR(known, x) }
  :: d_step { HAS(fence, x) && (!calm || !HAS(alive, x)) -> CLEAR(fence, x) }
  :: d_step { HAS(long_fence, x) -> CLEAR(long_fence, x) }

  /* ---- the agent's life ---- */
  :: d_step { /* Registers, because its lease is gone or it was started again (a crash
                 is seen only then): one transaction that touches config if it is IN. */
       !HAS(alive, x) || ((!calm || BUG_REGISTER_AGAIN) && state[x] != REGISTERED && MAY_FAIL) ->
       if :: HAS(alive, x) -> FAIL :: else fi;
       if :: BUG_FORGET_PROMISES -> promised[x] = 0 :: else fi;
       forget(x); SET(alive, x); CLEAR(known, x);
       if :: HAS(config, x) && !BUG_REGISTER_SILENTLY -> touch() :: else fi }
  :: d_step { /* Reads a snapshot. That the gate is written by it later adds nothing: until then the
                 agent is as if it had read later (SPLIT shows it). */
       HAS(alive, x) && STALE(x) ->
       if :: s_revision[x] -> gone[x] = 0; s_revision[x] = 0; number() :: else fi;
       if :: joining -> SET(see, x) :: else fi;
       s_config[x] = config; s_joining[x] = joining;
       s_rollout[x] = rollout; s_current[x] = current; asked[x] = 0;
#ifdef SPLIT
       if :: state[x] == REGISTERED -> state[x] = INFORMED :: else fi }
  :: d_step { state[x] >= INFORMED && (state[x] == INFORMED || gate[x] != WANTED(x)) ->
       write_gate(x) }
#else
       write_gate(x) }
#endif
#ifdef OBSERVED
  :: d_step { HAS(alive, x) && !HAS(confirmed | fence, x) && gate[x] != CLOSED &&
       (state[x] == TAKING_PART || BUG_REVIVE_OLD_GATE) -> SET(confirmed, x) }
  :: d_step { HAS(confirmed, x) -> CLEAR(confirmed, x); SET(fence, x); check() }
#else
  :: d_step { HAS(alive, x) && !HAS(fence, x) && gate[x] != CLOSED &&
       (state[x] == TAKING_PART || BUG_REVIVE_OLD_GATE) ->
       SET(fence, x); check() }
#endif

  /* ---- rollout ---- */
  :: d_step { INFORMED_IN(x) && SAME_ROLLOUT(x) && PHASE(rollout) == 1 -> rollout++ }
  :: d_step { state[x] == TAKING_PART && gate[x] == HOLD && SAME_ROLLOUT(x) &&
       PHASE(rollout) == 2 && HAS(alive, x) && !HAS(held, x) && (BUG_HOLD_PROMISED || !promised[x]) -> SET(held, x) }
  :: d_step { state[x] >= INFORMED && PHASE(s_rollout[x]) == 2 && SAME_CONFIG(x) &&
       current < ROLLOUTS &&
       (SAME_ROLLOUT(x) || BUG_SWITCH_ANYWAY) &&
       (!(config & ~held) || (BUG_SWITCH_WITHOUT_ABSENT && !(alive & config & ~held))) ->
       rollout = ENDED(s_rollout[x]); current++ }
  :: d_step { INFORMED_IN(x) && SAME_ROLLOUT(x) && PHASE(rollout) != 0 -> rollout = ENDED(rollout) }
  :: d_step { /* BUG: releases by its own clock */
       BUG_RELEASE_BY_CLOCK && gate[x] == HOLD -> gate[x] = OPEN + s_current[x]; check() }

  /* ---- joining ---- */
  :: d_step { HAS(alive, x) && state[x] >= INFORMED && SAME_CONFIG(x) && !IS_IN(x) &&
       !joining -> touch(); joining = x + 1; known = 0; see = 0 }
  :: d_step { INFORMED_IN(x) && joining && HAS(see, x) && HAS(alive, x) &&
       !HAS(known, x) -> SET(known, x);
       if :: BUG_KNOW_EXTENDED :: else -> CLEAR(long_fence, x) fi }
  :: d_step { joining == x + 1 && HAS(alive, x) && state[x] >= INFORMED && SAME_CONFIG(x) &&
       SAME_ROLLOUT(x) && PHASE(rollout) != 2 && (!(config & ~known) || BUG_JOIN_UNKNOWN) ->
       SET(config, x); joining = 0; known = 0; see = 0; touch() }

  /* ---- without etcd ---- */
  :: d_step { PROMISES && HAS(ASKERS, x) && !calm && state[x] == TAKING_PART && gate[x] >= OPEN &&
       !HAS(long_fence, x) &&       !asked[x] -> SET(asked[x], x) }
  :: d_step { HAS(asked[x], x) && !((s_config[x] | JOINER(s_joining[x])) & ~asked[x]) ->
       asked[x] = 0; SET(long_fence, x); check() }
  ABOUT(0)
  ABOUT(1)
#if MEMBERS > 2
  ABOUT(2)
#endif
  od
}

/* What is nobody's, or the administrator's. From `calm` on nothing fails and no rollout begins;
 * what is still enabled must come to an end, and in no other state than the one that everybody wants. */
#define ALL (ONE(MEMBERS) - 1)
#define SERVING(x) (state[x] == TAKING_PART && gate[x] == OPEN + current && HAS(fence, x))
#if MEMBERS > 2
#define ALL_SERVE (SERVING(0) && SERVING(1) && SERVING(2))
#else
#define ALL_SERVE (SERVING(0) && SERVING(1))
#endif
active proctype environment() {
  byte i;
  d_step {
    alive = IN;
    do
    :: i < MEMBERS ->
       if :: HAS(IN, i) -> state[i] = TAKING_PART; gate[i] = OPEN; SET(fence, i); s_config[i] = IN
          :: else fi;
       i++
    :: else -> break
    od;
    i = 0
  }
  atomic {
    run member(0); run member(1);
#if MEMBERS > 2
    run member(2)
#endif
  }
#ifndef PROGRESS
end:
#endif
  do
  :: d_step { !calm && PHASE(rollout) == 0 && rollout / 3 < ROLLOUTS -> rollout++; held = 0 }
  :: d_step { removal && (!HAS(alive, removal - 1) || BUG_REMOVE_BLINDLY) ->
       CLEAR(config, removal - 1); touch() }
  :: d_step { removal && (!calm || HAS(alive, removal - 1)) -> removal = 0 }
  :: d_step { joining && !HAS(alive, joining - 1) ->
       joining = 0; known = 0; see = 0; touch() }
#ifdef PROGRESS
  :: d_step { !calm -> calm = 1 }
  :: d_step { calm && PHASE(rollout) == 0 && config == ALL && ALL_SERVE } -> break
#endif
  od
}
#ifdef CYCLES
/* Accepts every run that goes on for ever after the failures are over. */
never {
  do :: !calm :: calm -> break od;
accept:
  do :: calm od
}
#endif
