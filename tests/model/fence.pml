/* The arithmetic of a fence: a grantor (etcd with a lease; a member that waits since it saw a lease gone; a
 * member that promised) goes its own way when its own clock says that TTL has passed since it granted last.
 * The holder answers until (its own clock just before it asked for the grant that it got) + TTL - MARGIN.
 * Checked: when the grantor goes its own way, the holder's fence has passed. Requests and answers may take
 * any time or be lost; the grantor may stand still, or be replaced by one that waits TTL from then on
 * (another leader, or a member that was started again); clocks drift.
 *
 * One tick of true time is one of both clocks, but each clock may leave out or double one tick in every
 * DRIFT. (Real clocks: far better. The margin of the code must be this one: 2 * TTL / DRIFT, rounded up, and
 * what reading a clock in whole units costs.) All times are kept as what is left of them, so nothing grows.
 */
#ifndef TTL
#define TTL 12
#endif
#ifndef DRIFT
#define DRIFT 6
#endif
#ifndef MARGIN
#define MARGIN (2 * ((TTL + DRIFT - 1) / DRIFT) + 1)
#endif
#ifndef BUG_AFTER_ANSWER
#define BUG_AFTER_ANSWER 0 /* the fence begins when the answer comes */
#endif
#ifndef BUG_RESTART_AT_ONCE
#define BUG_RESTART_AT_ONCE 0 /* a grantor that was started again waits for nothing */
#endif

short lease = TTL;           /* left, by the grantor's clock */
short fence = TTL - MARGIN;  /* left, by the holder's clock */
short asked;                 /* what a fence from the time of asking would have left, plus one; 0: no request */
bool granted;                /* the request was granted; the answer is under way */
byte since[2] = DRIFT;       /* true ticks since the grantor's, the holder's clock was irregular */
bool over;

inline step(grantor, holder) {
  lease = (lease > grantor -> lease - grantor : 0);
  fence = (fence > holder -> fence - holder : 0);
  if :: asked -> asked = (asked > holder + 1 -> asked - holder : 1) :: else fi
}
#define REGULAR(i) since[i] = (since[i] < DRIFT -> since[i] + 1 : DRIFT)

active proctype run_both() {
end:
  do
  /* true time */
  :: d_step { !over -> step(1, 1); REGULAR(0); REGULAR(1) }
  :: d_step { !over && since[0] == DRIFT -> step(0, 1); since[0] = 1; REGULAR(1) }
  :: d_step { !over && since[0] == DRIFT -> step(2, 1); since[0] = 1; REGULAR(1) }
  :: d_step { !over && since[1] == DRIFT -> step(1, 0); since[1] = 1; REGULAR(0) }
  :: d_step { !over && since[1] == DRIFT -> step(1, 2); since[1] = 1; REGULAR(0) }
  :: d_step { !over && since[0] == DRIFT && since[1] == DRIFT -> step(2, 0); since[0] = 1; since[1] = 1 }
  :: d_step { !over && since[0] == DRIFT && since[1] == DRIFT -> step(0, 2); since[0] = 1; since[1] = 1 }
  /* the holder */
  :: d_step { !over && !asked -> asked = TTL - MARGIN + 1; granted = 0 }
  :: d_step { asked -> asked = 0; granted = 0 } /* lost, or given up */
  :: d_step { asked && granted ->
       fence = (BUG_AFTER_ANSWER -> TTL - MARGIN : (asked - 1 > fence -> asked - 1 : fence));
       asked = 0; granted = 0; assert(!over || !fence) }
  /* the grantor */
  :: d_step { !over && asked && !granted -> lease = TTL; granted = 1 }
  :: d_step { !over -> lease = (BUG_RESTART_AT_ONCE -> 0 : TTL) }
  :: d_step { !over && !lease -> over = 1; assert(!fence) }
  od
}
