package sscop_test

import (
	"fmt"
	"strings"
	"testing"

	"callmanager/signalling/sscop"
)

// reactions is the state/event table of Q.2110 written down a second time, by what can be seen from
// outside: the effects, then the next state. PDUs with a number come as a repeat (=) and new (+).
// The numbers of MAA-ERROR are E and the letter.
const reactions = `
state 1
  BGN= EST.ind ->3 | BGN+ EST.ind ->3 | BGAK EC, END(1) ->1 | BGREJ ED ->1 | END ENDAK ->1 | ENDAK ->1
  RS= EJ, END(1) ->1 | RS+ EJ, END(1) ->1 | RSAK EK, END(1) ->1 | ER+ EL, END(1) ->1 | ERAK EM, END(1) ->1
  SD EA, END(1) ->1 | POLL EG, END(1) ->1 | STAT EH, END(1) ->1 | USTAT EI, END(1) ->1
  EST.req BGN ->2 | EST.resp refused: not valid in this state ->1 | REL.req refused: not valid in this state ->1
state 2
  BGN+ BGAK, EST.conf ->10 | BGAK EST.conf ->10 | BGREJ REL.ind(U) ->1 | END ->2 | ENDAK ->2
  RS+ ->2 | RSAK ->2 | ER+ ->2 | ERAK ->2 | SD ->2 | POLL ->2 | STAT ->2 | USTAT ->2
  REL.req END(0) ->4 | EST.req refused: not valid in this state ->2 | CC BGN ->2
state 3
  BGN= ->3 | BGN+ REL.ind(U), EST.ind ->3 | BGAK EC ->3 | BGREJ ED, REL.ind(S) ->1 | END ENDAK, REL.ind(U) ->1
  END1 ENDAK, REL.ind(S) ->1 | ENDAK EF, REL.ind(S) ->1 | RS+ EJ ->3 | RSAK EK ->3 | ER+ EL ->3 | ERAK EM ->3
  SD EA, END(1), REL.ind(S) ->1 | POLL EG, END(1), REL.ind(S) ->1 | STAT EH, END(1), REL.ind(S) ->1
  USTAT EI, END(1), REL.ind(S) ->1 | EST.resp BGAK ->10 | REL.req BGREJ ->1
state 4
  BGN= BGAK, END(0) ->4 | BGN+ REL.conf, EST.ind ->3 | BGAK ->4 | BGREJ REL.conf ->1 | END ENDAK, REL.conf ->1
  ENDAK REL.conf ->1 | RS+ ->4 | RSAK ->4 | ER+ ->4 | ERAK ->4 | SD ->4 | POLL ->4 | STAT ->4 | USTAT ->4
  EST.req BGN ->2 | REL.req refused: not valid in this state ->4 | CC END(0) ->4
state 5
  BGN= BGAK, RS ->5 | BGN+ REL.ind(U), EST.ind ->3 | BGAK ->5 | BGREJ ED, REL.ind(S) ->1
  END ENDAK, REL.ind(U) ->1 | END1 ENDAK, REL.ind(S) ->1 | ENDAK EF, REL.ind(S) ->1
  RS= ->5 | RS+ RSAK, RSY.conf ->10 | RSAK RSY.conf ->10 | ER+ ->5 | ERAK ->5
  SD ->5 | POLL ->5 | STAT ->5 | USTAT ->5 | REL.req END(0) ->4 | CC RS ->5
state 6
  BGN= EB ->6 | BGN+ REL.ind(U), EST.ind ->3 | BGAK EC ->6 | BGREJ ED, REL.ind(S) ->1
  END ENDAK, REL.ind(U) ->1 | ENDAK EF, REL.ind(S) ->1 | RS= ->6 | RS+ EJ ->6 | RSAK EK ->6 | ER+ EL ->6 | ERAK EM ->6
  SD EA, END(1), REL.ind(S) ->1 | POLL EG, END(1), REL.ind(S) ->1 | STAT EH, END(1), REL.ind(S) ->1
  USTAT EI, END(1), REL.ind(S) ->1 | REL.req END(0) ->4 | RSY.resp RSAK ->10
  RSY.req refused: not valid in this state ->6
state 7
  BGN= EB ->7 | BGN+ REL.ind(U), EST.ind ->3 | BGAK EC ->7 | BGREJ ED, REL.ind(S) ->1
  END ENDAK, REL.ind(U) ->1 | ENDAK EF, REL.ind(S) ->1 | RS= EJ ->7 | RS+ RSY.ind ->6 | RSAK EK ->7
  ER= EL ->7 | ER+ ERAK, REC.ind ->8 | ERAK REC.ind ->8 | SD ->7 | POLL ->7 | STAT ->7 | USTAT ->7
  REL.req END(0) ->4 | RSY.req RS ->5 | DATA.req ->7 | CC ER ->7
state 8
  BGN= EB ->8 | BGN+ REL.ind(U), EST.ind ->3 | BGAK EC ->8 | BGREJ ED, REL.ind(S) ->1
  END ENDAK, REL.ind(U) ->1 | ENDAK EF, REL.ind(S) ->1 | RS= EJ ->8 | RS+ RSY.ind ->6 | RSAK EK ->8
  ER= ERAK ->8 | ER+ EL ->8 | ERAK ->8 | SD ->8 | POLL ->8 | STAT EH, END(1), REL.ind(S) ->1
  USTAT EI, END(1), REL.ind(S) ->1 | REL.req END(0) ->4 | RSY.req RS ->5 | REC.resp ->10
  DATA.req refused: not valid in this state ->8
state 9
  BGN= EB ->9 | BGN+ REL.ind(U), EST.ind ->3 | BGAK EC ->9 | BGREJ ED, REL.ind(S) ->1
  END ENDAK, REL.ind(U) ->1 | ENDAK EF, REL.ind(S) ->1 | RS= EJ ->9 | RS+ RSY.ind ->6 | RSAK EK ->9
  ER= ->9 | ER+ EL ->9 | ERAK EM ->9 | SD EA, END(1), REL.ind(S) ->1 | POLL EG, END(1), REL.ind(S) ->1
  STAT EH, END(1), REL.ind(S) ->1 | USTAT EI, END(1), REL.ind(S) ->1
  REL.req END(0) ->4 | RSY.req RS ->5 | REC.resp ERAK ->10
state 10
  BGN= BGAK ->10 | BGN+ REL.ind(U), EST.ind ->3 | BGAK ->10 | BGREJ ED, REL.ind(S) ->1
  END ENDAK, REL.ind(U) ->1 | END1 ENDAK, REL.ind(S) ->1 | ENDAK EF, REL.ind(S) ->1
  RS= RSAK ->10 | RS+ RSY.ind ->6 | RSAK ->10 | ER= ERAK ->10 | ER+ REC.ind ->9 | ERAK ->10
  SD DATA.ind ->10 | POLL STAT ->10 | STAT ER, ER ->7 | USTAT ET, ER ->7
  REL.req END(0) ->4 | RSY.req RS ->5 | DATA.req SD ->10 | EST.req refused: not valid in this state ->10
  POLL.exp POLL ->10 | NR.exp EP, END(1), REL.ind(S) ->1
`

func TestReactions(t *testing.T) {
	var state sscop.State
	for line := range strings.Lines(reactions) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if _, err := fmt.Sscanf(line, "state %d", &state); err == nil {
			continue
		}
		for cell := range strings.SplitSeq(line, " | ") {
			ev, rest, _ := strings.Cut(cell, " ")
			log, next, _ := strings.Cut(rest, "->")
			var want sscop.State
			if _, err := fmt.Sscanf(next, "%d", &want); err != nil {
				t.Fatalf("%q: %v", cell, err)
			}
			t.Run(fmt.Sprintf("state=%d/%s", state, ev), func(t *testing.T) {
				r := reach(t, state, sscop.Config{})
				react(r, ev)
				r.want(want, strings.TrimSpace(log))
			})
		}
	}
}

// react gives the event named in the table.
func react(r *rig, ev string) {
	r.t.Helper()
	sq := r.c.Vars().RSQ
	if name, ok := strings.CutSuffix(ev, "+"); ok {
		ev, sq = name, sq+1
	} else if name, ok := strings.CutSuffix(ev, "="); ok {
		ev = name
	}
	switch ev {
	case "EST.req":
		r.do(func(c *sscop.Conn) { c.Establish(nil) })
	case "EST.resp":
		r.do(func(c *sscop.Conn) { c.EstablishResponse(nil) })
	case "REL.req":
		r.do(func(c *sscop.Conn) { c.Release(nil) })
	case "RSY.req":
		r.do(func(c *sscop.Conn) { c.Resync(nil) })
	case "RSY.resp":
		r.do(func(c *sscop.Conn) { c.ResyncResponse() })
	case "REC.resp":
		r.do(func(c *sscop.Conn) { c.RecoverResponse() })
	case "DATA.req":
		r.data("x")
	case "CC":
		r.expire(sscop.TimerCC)
	case "POLL.exp":
		r.expire(sscop.TimerPoll)
	case "NR.exp":
		r.expire(sscop.TimerNoResponse)
	case "END1":
		r.recv(sscop.PDU{Type: sscop.END, Source: sscop.SourceSSCOP})
	default:
		p := sscop.PDU{NSQ: sq, List: []sscop.Seq{}}
		for typ := sscop.BGN; typ <= sscop.ERAK; typ++ {
			if typ.String() == ev {
				p.Type = typ
			}
		}
		if p.Type == 0 {
			r.t.Fatalf("no event %q", ev)
		}
		r.recv(p)
	}
}

// TestUnassuredEverywhere: UD and MD pass both ways in every state and change nothing.
func TestUnassuredEverywhere(t *testing.T) {
	for _, s := range sscop.States() {
		r := reach(t, s, sscop.Config{})
		before := r.runs()
		r.recv(sscop.PDU{Type: sscop.UD, Data: []byte("u")})
		r.recv(sscop.PDU{Type: sscop.MD, Data: []byte("m")})
		r.do(func(c *sscop.Conn) { c.UnitData([]byte("abc")) })
		r.do(func(c *sscop.Conn) { c.MgmtData([]byte("abcd")) })
		r.want(s, "UDATA.ind, MDATA.ind, UD, MD")
		if after := r.runs(); after != before {
			t.Errorf("state %v: timers %q became %q", s, before, after)
		}
	}
}

// TestUserToUser: user-to-user data reach the user and survive retransmission.
func TestUserToUser(t *testing.T) {
	r := newRig(t, sscop.Config{})
	uu := []byte("hello")
	r.do(func(c *sscop.Conn) { c.Establish(uu) })
	uu[0] = 'X' // the caller's own again
	r.expire(sscop.TimerCC)
	r.do(func(c *sscop.Conn) {
		c.Receive((&sscop.PDU{Type: sscop.BGREJ, Data: []byte("no")}).Append(nil))
		for eff, ok := c.Next(); ok; eff, ok = c.Next() {
			if eff.Kind == sscop.ReleaseInd && string(eff.UU) != "no" {
				t.Errorf("BGREJ brought %q", eff.UU)
			}
		}
	})
	r.recv(sscop.PDU{Type: sscop.BGN, NSQ: 9})
	r.do(func(c *sscop.Conn) { c.EstablishResponse([]byte("yes")) })
	r.recv(sscop.PDU{Type: sscop.BGN, NSQ: 9})
	var got []string
	for _, p := range r.sent {
		got = append(got, p.Type.String()+" "+string(p.Data))
	}
	if want := "BGN hello, BGN hello, BGAK yes, BGAK yes"; strings.Join(got, ", ") != want {
		t.Errorf("sent %q, want %q", got, want)
	}
	r.do(func(c *sscop.Conn) { c.Release(make([]byte, 5000)) })
	r.take()
	if r.c.State() != sscop.DataTransferReady || r.c.Stats().Refused != 1 {
		t.Error("a Release with more than J octets was not refused")
	}
}
