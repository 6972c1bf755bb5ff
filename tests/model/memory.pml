/* After a switch from P to A: one client that was given catalog.attrs of P asks any member for attrs and for
 * parts, one request after the other. All members have the client's entry from the exchange in the hold.
 * A member gives A only when all others know that it may; datagrams come late, twice or never, a worker may
 * die at any point, and the client then asks again.
 * Checked: parts are of the metaset of the client's last attrs, and attrs never go back.
 * Not modelled: that entries are forgotten after 60 s, and a client that does not wait for its answers.
 */
#define P 0
#define UNSETTLED 1 /* the client has P or A */
#define A 2
#define ALL 7
#ifndef BUG_NOTE_AT_ONCE
#define BUG_NOTE_AT_ONCE 0 /* who is told notes A, and P is answered if not all were told */
#endif
#ifndef BUG_GIVE_UNTOLD
#define BUG_GIVE_UNTOLD 0 /* A is answered though not all were told */
#endif
#ifndef BUG_BACK
#define BUG_BACK 0 /* P is answered from an unsettled entry */
#endif
byte entry[3];       /* of each member */
byte told, settled;  /* datagrams that were sent to these members at any time */
byte given = P;      /* the client's last attrs */
bool waits;          /* it has asked for attrs */
bool nothing;        /* its last attrs were on the way when the worker died: it asks for no parts */
byte acknowledged;   /* by whom, this request */

#define HAS(set, x) ((set) & (1 << (x)))
#define SET(set, x) set = set | (1 << (x))
inline answer(x) { assert(x >= given); given = x; waits = 0; acknowledged = 0; nothing = 0 }

/* Every member does the same: which one the client asked is who has its `mine` set. */
byte mine = 3;
proctype member(byte m) {
end:
  do
  :: d_step { !waits -> waits = 1; mine = m; acknowledged = 1 << m }
  :: d_step { waits && mine == m && entry[m] == A -> answer(A); mine = 3 }
  :: d_step { waits && mine == m && entry[m] != A && told != ALL -> told = ALL }
  :: d_step { waits && mine == m && entry[m] != A && (acknowledged == ALL || BUG_GIVE_UNTOLD) ->
       entry[m] = A; settled = ALL; answer(A); mine = 3 }
  :: d_step { waits && mine == m && entry[m] != A && acknowledged == ALL ->
       entry[m] = A; settled = ALL; waits = 0; acknowledged = 0; nothing = 1; mine = 3 }
  :: d_step { waits && mine == m && entry[m] != A && acknowledged != ALL &&
       (entry[m] == P || BUG_BACK) -> answer(P); mine = 3 }
  :: d_step { waits && mine == m -> waits = 0; acknowledged = 0; mine = 3 } /* 504, or it died */
  /* datagrams from the others */
  :: d_step { HAS(told, m) && mine != m && entry[m] == P ->
       entry[m] = (BUG_NOTE_AT_ONCE -> A : UNSETTLED) }
  :: d_step { HAS(told, m) && waits && mine != m && entry[m] != P && !HAS(acknowledged, m) ->
       SET(acknowledged, m) }
  :: d_step { HAS(settled, m) && mine != m && entry[m] != A -> entry[m] = A }
  /* the client asks for parts: 504 from an unsettled entry */
  :: d_step { !waits && !nothing && entry[m] != UNSETTLED && given != entry[m] -> assert(false) }
  od
}
init { atomic { run member(0); run member(1); run member(2) } }
