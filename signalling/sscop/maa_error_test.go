package sscop_test

import (
	"strings"
	"testing"
	"time"

	"callmanager/signalling/sscop"
)

// TestEveryError provokes each code of Q.2110 and finds it in the counters.
func TestEveryError(t *testing.T) {
	ready := func(t *testing.T) *rig {
		t.Helper()
		return reach(t, sscop.DataTransferReady, sscop.Config{})
	}
	in := func(s sscop.State, p sscop.PDU) func(t *testing.T) *rig {
		return func(t *testing.T) *rig {
			t.Helper()
			r := reach(t, s, sscop.Config{})
			r.recv(p)
			return r
		}
	}
	sent := func(n int, pdus ...sscop.PDU) func(t *testing.T) *rig {
		return func(t *testing.T) *rig {
			t.Helper()
			r := ready(t)
			for range n {
				r.data("x")
			}
			r.expire(sscop.TimerPoll)
			for _, p := range pdus {
				r.recv(p)
			}
			return r
		}
	}
	octets := func(b ...byte) func(t *testing.T) *rig {
		return func(t *testing.T) *rig {
			t.Helper()
			r := ready(t)
			r.do(func(c *sscop.Conn) { c.Receive(b) })
			return r
		}
	}
	stat := func(nps, nr uint32, l ...uint32) sscop.PDU {
		return sscop.PDU{Type: sscop.STAT, NPS: seq(nps), NR: seq(nr), NMR: seq(credit), List: list(l...)}
	}
	ustat := func(nr uint32, l ...uint32) sscop.PDU {
		return sscop.PDU{Type: sscop.USTAT, NR: seq(nr), NMR: seq(credit), List: list(l...)}
	}
	for _, row := range []struct {
		code sscop.ErrorCode
		name string
		make func(t *testing.T) *rig
	}{
		{sscop.ErrSD, "in Idle", in(sscop.Idle, sd(0))},
		{sscop.ErrBGN, "a repeat in recovery", in(sscop.OutgoingRecoveryPending, sscop.PDU{Type: sscop.BGN, NSQ: peerSQ})},
		{sscop.ErrBGAK, "in Idle", in(sscop.Idle, sscop.PDU{Type: sscop.BGAK})},
		{sscop.ErrBGREJ, "in Ready", in(sscop.DataTransferReady, sscop.PDU{Type: sscop.BGREJ})},
		{sscop.ErrENDAK, "in Ready", in(sscop.DataTransferReady, sscop.PDU{Type: sscop.ENDAK})},
		{sscop.ErrPOLL, "in Idle", in(sscop.Idle, sscop.PDU{Type: sscop.POLL})},
		{sscop.ErrSTAT, "in Idle", in(sscop.Idle, stat(1, 0))},
		{sscop.ErrUSTAT, "in Idle", in(sscop.Idle, ustat(0, 0, 1))},
		{sscop.ErrRS, "in Idle", in(sscop.Idle, sscop.PDU{Type: sscop.RS})},
		{sscop.ErrRSAK, "in Idle", in(sscop.Idle, sscop.PDU{Type: sscop.RSAK})},
		{sscop.ErrER, "in Idle", in(sscop.Idle, sscop.PDU{Type: sscop.ER})},
		{sscop.ErrERAK, "in Idle", in(sscop.Idle, sscop.PDU{Type: sscop.ERAK})},
		{sscop.ErrMaxCC, "no BGAK", func(t *testing.T) *rig {
			t.Helper()
			r := reach(t, sscop.OutgoingConnectionPending, sscop.Config{})
			r.run(time.Minute)
			return r
		}},
		{sscop.ErrNoResponse, "no STAT", func(t *testing.T) *rig {
			t.Helper()
			r := ready(t)
			r.run(time.Minute)
			return r
		}},
		{sscop.ErrSequence, "POLL below VR(H)", func(t *testing.T) *rig {
			t.Helper()
			r := ready(t)
			r.recv(sd(0))
			r.recv(sd(2))
			r.recv(sscop.PDU{Type: sscop.POLL, NPS: seq(1), NS: seq(2)})
			return r
		}},
		{sscop.ErrSequence, "SD twice", func(t *testing.T) *rig {
			t.Helper()
			r := ready(t)
			r.recv(sd(2))
			r.recv(sd(2))
			return r
		}},
		{sscop.ErrPollNumber, "no POLL yet", in(sscop.DataTransferReady, stat(0, 0))},
		{sscop.ErrPollNumber, "no POLL yet, VT(PA)", in(sscop.DataTransferReady, stat(1, 0))},
		{sscop.ErrPollNumber, "above VT(PS)", sent(1, stat(2, 1))},
		{sscop.ErrPollNumber, "below VT(PA)", sent(1, stat(0, 1))},
		{sscop.ErrSTATList, "N(R) above VT(S)", sent(1, stat(1, 2))},
		{sscop.ErrSTATList, "N(R) below VT(A)", sent(2, stat(1, 2), stat(1, 1))},
		{sscop.ErrSTATList, "empty gap", sent(3, stat(1, 0, 0, 0))},
		{sscop.ErrSTATList, "backward gap", sent(3, stat(1, 0, 2, 1))},
		{sscop.ErrSTATList, "backward run", sent(3, stat(1, 0, 0, 2, 1))},
		{sscop.ErrSTATList, "above VT(S)", sent(3, stat(1, 0, 0, 4))},
		{sscop.ErrSTATList, "starts at VT(S)", sent(3, stat(1, 0, 3, 4))},
		{sscop.ErrSTATList, "below VT(A)", sent(3, stat(1, 2, 1, 3))},
		{sscop.ErrSTATList, "gap where acknowledged", sent(3, stat(1, 0, 0, 1, 2), stat(1, 0, 0, 2))},
		{sscop.ErrUSTATList, "N(R) is VT(S)", sent(2, ustat(2, 0, 1))},
		{sscop.ErrUSTATList, "LE1 = LE2", sent(3, ustat(0, 1, 1))},
		{sscop.ErrUSTATList, "LE1 > LE2", sent(3, ustat(0, 2, 1))},
		{sscop.ErrUSTATList, "LE1 < VT(A)", sent(3, ustat(1, 0, 2))},
		{sscop.ErrUSTATList, "LE2 = VT(S)", sent(3, ustat(0, 0, 3))},
		{sscop.ErrLength, "not a multiple of 4", octets(1, 2, 3)},
		{sscop.ErrLength, "nothing at all", octets()},
		{sscop.ErrLength, "type 0", octets(0, 0, 0, 0)},
		{sscop.ErrLength, "POLL of 4 octets", octets(0x0a, 0, 0, 0)},
		{sscop.ErrLoss, "STAT", sent(1, stat(1, 0, 0, 1))},
		{sscop.ErrLoss, "USTAT", sent(2, ustat(0, 0, 1))},
		{sscop.ErrNoCredit, "window shut", sent(credit+1, stat(1, 0))},
		{sscop.ErrCreditAgain, "window open", func(t *testing.T) *rig {
			t.Helper()
			r := sent(credit, stat(1, 0))(t)
			r.recv(sscop.PDU{Type: sscop.STAT, NPS: seq(1), NR: seq(1), NMR: seq(credit + 1)})
			return r
		}},
	} {
		t.Run(row.code.String()+"/"+row.name, func(t *testing.T) {
			r := row.make(t)
			if log := r.take(); !strings.Contains(log, "E"+row.code.String()) {
				t.Errorf("not reported: %q", log)
			}
			st := r.c.Stats()
			if st.Error(row.code) == 0 || st.Error('?') != 0 {
				t.Errorf("counted %d times", st.Error(row.code))
			}
			wantRecovery := strings.ContainsAny(row.code.String(), "QRST")
			if got := r.c.State() == sscop.OutgoingRecoveryPending; wantRecovery && !got {
				t.Errorf("state %v", r.c.State())
			}
		})
	}
}
