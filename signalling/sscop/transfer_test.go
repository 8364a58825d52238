package sscop_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/sscop"
)

func list(ns ...uint32) []sscop.Seq {
	l := make([]sscop.Seq, len(ns))
	for i, n := range ns {
		l[i] = seq(n)
	}
	return l
}

// strs prints the PDUs sent since the last call.
func strs(r *rig) string {
	var out []string
	for i := range r.sent {
		out = append(out, r.sent[i].String())
	}
	r.sent = nil
	r.take()
	return strings.Join(out, "; ")
}

func wantSent(t *testing.T, r *rig, want string) {
	t.Helper()
	if got := strs(r); got != want {
		t.Errorf("sent %q, want %q", got, want)
	}
}

func sd(n uint32) sscop.PDU {
	return sscop.PDU{Type: sscop.SD, NS: seq(n), Data: fmt.Append(nil, n)}
}

// TestSDReceived walks the cases of an SD by its place in the window.
func TestSDReceived(t *testing.T) {
	cfg := sscop.Config{Window: 10}
	for _, row := range []struct {
		name string
		sds  []uint32
		sent string
		sdus string
		held int
	}{
		{"in sequence", []uint32{0, 1, 2}, "", "0 1 2", 0},
		{"a gap is reported once", []uint32{0, 3}, "USTAT N(MR)=11 N(R)=1 [1 3]", "0", 1},
		{"beyond the gap nothing is said", []uint32{0, 3, 4}, "USTAT N(MR)=11 N(R)=1 [1 3]", "0", 2},
		{"a second gap", []uint32{0, 3, 5}, "USTAT N(MR)=11 N(R)=1 [1 3]; USTAT N(MR)=11 N(R)=1 [4 5]", "0", 2},
		{"the gap is filled", []uint32{0, 3, 1, 2}, "USTAT N(MR)=11 N(R)=1 [1 3]", "0 1 2 3", 0},
		{"filled from behind", []uint32{0, 3, 2, 1}, "USTAT N(MR)=11 N(R)=1 [1 3]", "0 1 2 3", 0},
		{"filled as far as it goes", []uint32{0, 3, 5, 1, 2}, "USTAT N(MR)=11 N(R)=1 [1 3]; USTAT N(MR)=11 N(R)=1 [4 5]", "0 1 2 3", 1},
		{"last of the window", []uint32{9}, "USTAT N(MR)=10 N(R)=0 [0 9]", "", 1},
		{"first beyond the window", []uint32{10}, "USTAT N(MR)=10 N(R)=0 [0 10]", "", 0},
		{"beyond the window twice", []uint32{10, 11}, "USTAT N(MR)=10 N(R)=0 [0 10]", "", 0},
		{"twice the same, out of order", []uint32{3, 3}, "USTAT N(MR)=10 N(R)=0 [0 3]; ER N(SQ)=1 N(MR)=10", "", 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := reach(t, sscop.DataTransferReady, cfg)
			for _, n := range row.sds {
				before := len(r.sdus)
				r.recv(sd(n))
				r.do(func(c *sscop.Conn) { c.Grant(len(r.sdus) - before) })
			}
			wantSent(t, r, row.sent)
			if got := strings.Join(r.sdus, " "); got != row.sdus {
				t.Errorf("delivered %q, want %q", got, row.sdus)
			}
			if got := r.c.Buffered(); got != row.held {
				t.Errorf("buffered %d, want %d", got, row.held)
			}
		})
	}
}

// TestSTATList: the answer to a POLL for all sorts of holes.
func TestSTATList(t *testing.T) {
	for _, row := range []struct {
		name string
		sds  []uint32
		ns   uint32
		list []sscop.Seq
	}{
		{"nothing sent", nil, 0, nil},
		{"all received", []uint32{0, 1}, 2, nil},
		{"one lost", nil, 1, list(0, 1)},
		{"the last lost", []uint32{0, 1}, 4, list(2, 4)},
		{"a gap, then a run", []uint32{2, 3}, 4, list(0, 2, 4)},
		{"a gap, a run, a gap", []uint32{2, 3}, 6, list(0, 2, 4, 6)},
		{"two gaps, two runs", []uint32{0, 2, 3, 5}, 6, list(1, 2, 4, 5, 6)},
		{"beyond the window", []uint32{0}, 99, list(1, 21)},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := reach(t, sscop.DataTransferReady, sscop.Config{Window: 20})
			for _, n := range row.sds {
				before := len(r.sdus)
				r.recv(sd(n))
				r.do(func(c *sscop.Conn) { c.Grant(len(r.sdus) - before) })
			}
			r.sent = nil
			r.recv(sscop.PDU{Type: sscop.POLL, NPS: seq(77), NS: seq(row.ns)})
			vars := r.c.Vars()
			want := []sscop.PDU{{Type: sscop.STAT, NPS: seq(77), NMR: vars.MR, NR: vars.R, List: row.list}}
			if diff := cmp.Diff(want, r.sent, sameSeq, emptyIsNil, noList); diff != "" {
				t.Error(diff)
			}
		})
	}
}

var noList = cmp.FilterValues(
	func(a, b []sscop.Seq) bool { return len(a) == 0 && len(b) == 0 }, cmp.Ignore(),
)

// TestSTATSplit: a list longer than MaxSTAT goes out in STATs of at most MaxSTAT elements, each
// beginning with the last element of the one before, and the transmitter that gets them sends again
// just what is missing.
func TestSTATSplit(t *testing.T) {
	for _, row := range []struct {
		maxSTAT int
		lengths []int
	}{
		{3, []int{3, 3, 3, 3, 3, 3, 3, 3, 3, 3}},
		{5, []int{5, 5, 5, 5, 5}},
		{7, []int{7, 7, 7, 3}},
		{19, []int{19, 3}},
		{21, []int{21}},
		{67, []int{21}},
	} {
		t.Run(fmt.Sprint(row.maxSTAT), func(t *testing.T) {
			rx := reach(t, sscop.DataTransferReady, sscop.Config{MaxSTAT: row.maxSTAT, Window: 40})
			tx := reach(t, sscop.DataTransferReady, sscop.Config{MaxSTAT: row.maxSTAT, MaxPD: 1000})
			for n := range uint32(20) {
				tx.data(fmt.Sprint(n))
				if n%2 == 1 {
					rx.recv(sd(n)) // 0, 2, ... 18 are lost
				}
			}
			tx.expire(sscop.TimerPoll)
			poll := tx.sent[len(tx.sent)-1]
			tx.sent, rx.sent = nil, nil
			rx.recv(poll)
			var lengths []int
			stats := rx.sent
			for i, p := range stats {
				lengths = append(lengths, len(p.List))
				if i > 0 && p.List[0] != stats[i-1].List[len(stats[i-1].List)-1] {
					t.Errorf("STAT %d begins with %v after %v", i, p.List, stats[i-1].List)
				}
				tx.recv(p)
			}
			if diff := cmp.Diff(row.lengths, lengths); diff != "" {
				t.Errorf("lengths of lists: %s", diff)
			}
			var again []string
			for _, p := range tx.sent {
				again = append(again, string(p.Data))
				rx.recv(p)
			}
			if got := strings.Join(again, " "); got != "0 2 4 6 8 10 12 14 16 18" {
				t.Errorf("sent again %q", got)
			}
			if len(rx.sdus) != 20 {
				t.Errorf("delivered %q", rx.sdus)
			}
		})
	}
}

// TestSelectiveRetransmission: a STAT has again just what the peer misses and what was sent before
// its POLL; what came later may be on its way still.
func TestSelectiveRetransmission(t *testing.T) {
	r := reach(t, sscop.DataTransferReady, sscop.Config{})
	r.data("0", "1", "2", "3")
	r.expire(sscop.TimerPoll)
	r.data("4")
	strs(r)
	r.recv(sscop.PDU{Type: sscop.STAT, NPS: seq(1), NR: seq(1), NMR: seq(40), List: list(1, 2, 3, 5)})
	r.want(sscop.DataTransferReady, "EV2, SD, SD")
	wantSent(t, r, "SD N(S)=1 (1 octets); SD N(S)=3 (1 octets)")
	if got := r.c.Stats().Retransmitted; got != 2 {
		t.Errorf("%d retransmitted", got)
	}
	// The same STAT twice marks nothing: what was sent again has the tag of the POLL.
	r.recv(sscop.PDU{Type: sscop.STAT, NPS: seq(1), NR: seq(1), NMR: seq(40), List: list(1, 2, 3, 5)})
	r.want(sscop.DataTransferReady, "EV0")
	// A USTAT has it again whatever the tag.
	r.recv(sscop.PDU{Type: sscop.USTAT, NR: seq(1), NMR: seq(40), List: list(1, 2)})
	r.want(sscop.DataTransferReady, "EV1, SD")
	// A gap where a run was acknowledged cannot be true.
	r.recv(sscop.PDU{Type: sscop.USTAT, NR: seq(1), NMR: seq(40), List: list(1, 3)})
	r.want(sscop.OutgoingRecoveryPending, "ET, ER")
}

// TestSTATOneElement: a list of one element bounds neither a gap nor a run and is passed over, even
// where it is VT(S).
func TestSTATOneElement(t *testing.T) {
	for _, le := range []uint32{0, 1, 2, 9} {
		r := reach(t, sscop.DataTransferReady, sscop.Config{})
		r.data("0", "1")
		r.expire(sscop.TimerPoll)
		r.take()
		r.recv(sscop.PDU{Type: sscop.STAT, NPS: seq(1), NR: seq(1), NMR: seq(40), List: list(le)})
		r.want(sscop.DataTransferReady, "")
		if got := r.c.Unacked(); got != 1 {
			t.Errorf("[%d]: %d unacknowledged, want 1", le, got)
		}
	}
}

// TestLongSTAT: MaxSTAT is the sender's limit for its own STATs. One of a peer whose MaxSTAT is
// larger is taken.
func TestLongSTAT(t *testing.T) {
	r := reach(t, sscop.DataTransferReady, sscop.Config{MaxSTAT: 3, MaxPD: 1000})
	for n := range uint32(20) {
		r.data(fmt.Sprint(n))
	}
	r.expire(sscop.TimerPoll)
	strs(r)
	r.recv(sscop.PDU{Type: sscop.STAT, NPS: seq(1), NMR: seq(40), List: list(0, 1, 2, 4, 5, 6, 20)})
	r.want(sscop.DataTransferReady, "EV4, SD, SD, SD, SD")
	wantSent(t, r, "SD N(S)=0 (1 octets); SD N(S)=2 (1 octets); SD N(S)=3 (1 octets); SD N(S)=5 (1 octets)")
}

// TestLostSTAT: the next POLL and STAT do what the lost one should have.
func TestLostSTAT(t *testing.T) {
	r := reach(t, sscop.DataTransferReady, sscop.Config{})
	r.data("0", "1")
	r.expire(sscop.TimerPoll) // its STAT is lost
	r.expire(sscop.TimerPoll)
	r.take()
	r.recv(sscop.PDU{Type: sscop.STAT, NPS: seq(2), NR: seq(0), NMR: seq(40), List: list(0, 1, 2)})
	r.want(sscop.DataTransferReady, "EV1, SD")
	// The lost one turns out late: its number is below VT(PA).
	r.recv(sscop.PDU{Type: sscop.STAT, NPS: seq(1), NR: seq(0), NMR: seq(40), List: list(0, 1, 2)})
	r.want(sscop.OutgoingRecoveryPending, "ER, ER")
}

// TestMaxPD: a POLL follows each MaxPD SDs without waiting for the timer.
func TestMaxPD(t *testing.T) {
	r := reach(t, sscop.DataTransferReady, sscop.Config{MaxPD: 3})
	r.data("a", "b", "c", "d", "e", "f", "g")
	r.want(sscop.DataTransferReady, "SD, SD, SD, POLL, SD, SD, SD, POLL, SD")
	r = reach(t, sscop.DataTransferReady, sscop.Config{MaxPD: 1})
	r.expire(sscop.TimerPoll)
	r.take()
	r.data("a")
	r.want(sscop.DataTransferReady, "SD, POLL")
	if got := r.runs(); got != "POLL NO-RESPONSE" {
		t.Errorf("timers %q", got)
	}
}

// TestCredit: the window shuts, is asked about, and opens again.
func TestCredit(t *testing.T) {
	r := newRig(t, sscop.Config{})
	r.recv(sscop.PDU{Type: sscop.BGN, NSQ: 1, NMR: seq(2)})
	r.do(func(c *sscop.Conn) { c.EstablishResponse(nil) })
	r.take()
	r.data("0", "1", "2", "3")
	r.want(sscop.DataTransferReady, "SD, SD")
	if r.c.Queued() != 2 || r.c.Unacked() != 2 {
		t.Errorf("queued %d, unacked %d", r.c.Queued(), r.c.Unacked())
	}
	r.expire(sscop.TimerPoll)
	r.recv(sscop.PDU{Type: sscop.STAT, NPS: seq(1), NR: seq(2), NMR: seq(2)}) // nothing more
	r.want(sscop.DataTransferReady, "POLL, EW")
	r.expire(sscop.TimerPoll) // data wait: the active phase goes on
	r.recv(sscop.PDU{Type: sscop.STAT, NPS: seq(2), NR: seq(2), NMR: seq(3)})
	r.want(sscop.DataTransferReady, "POLL, EX, SD")
	r.recv(sscop.PDU{Type: sscop.USTAT, NR: seq(2), NMR: seq(9), List: list(2, 3)})
	r.want(sscop.OutgoingRecoveryPending, "ET, ER") // 3 was never sent
}

// TestShutInIdlePhase: data for a shut window in the idle phase bring a POLL at once.
func TestShutInIdlePhase(t *testing.T) {
	r := newRig(t, sscop.Config{})
	r.recv(sscop.PDU{Type: sscop.BGN, NSQ: 1, NMR: seq(0)})
	r.do(func(c *sscop.Conn) { c.EstablishResponse(nil) })
	r.expire(sscop.TimerPoll)
	r.recv(sscop.PDU{Type: sscop.STAT, NPS: seq(1), NMR: seq(0)})
	if got := r.runs(); got != "IDLE" {
		t.Fatalf("timers %q", got)
	}
	r.take()
	r.data("x")
	r.want(sscop.DataTransferReady, "POLL")
	if got := r.runs(); got != "POLL NO-RESPONSE" {
		t.Errorf("timers %q", got)
	}
	r.recv(sscop.PDU{Type: sscop.STAT, NPS: seq(2), NMR: seq(1)})
	r.want(sscop.DataTransferReady, "EX, SD")
}

// TestGrant: a user that gives no credit back shuts the peer's window and opens it again.
func TestGrant(t *testing.T) {
	r := reach(t, sscop.DataTransferReady, sscop.Config{Window: 2})
	r.recv(sd(0))
	r.recv(sd(1))
	r.recv(sd(2)) // no credit for it
	r.recv(sscop.PDU{Type: sscop.POLL, NPS: seq(1), NS: seq(3)})
	wantSent(t, r, "STAT N(PS)=1 N(MR)=2 N(R)=2")
	r.do(func(c *sscop.Conn) { c.Grant(1); c.Grant(0); c.Grant(-5) })
	r.recv(sscop.PDU{Type: sscop.POLL, NPS: seq(2), NS: seq(3)})
	wantSent(t, r, "STAT N(PS)=2 N(MR)=3 N(R)=2 [2 3]")
	r.do(func(c *sscop.Conn) { c.Grant(1000) })
	r.recv(sscop.PDU{Type: sscop.POLL, NPS: seq(3), NS: seq(3)})
	wantSent(t, r, "STAT N(PS)=3 N(MR)=4 N(R)=2 [2 3]")
	if got := r.c.Stats().Discarded; got != 1 {
		t.Errorf("%d discarded, want 1", got)
	}
}

// TestQueueFull: beyond Config.Queue an SDU is refused and counted, and taken again after an
// acknowledgement.
func TestQueueFull(t *testing.T) {
	r := reach(t, sscop.DataTransferReady, sscop.Config{Queue: 3, K: 8})
	r.data("0", "1", "2", "3", "much too long")
	r.want(sscop.DataTransferReady, "SD, SD, SD, refused: transmission queue full, refused: too long")
	if s := r.c.Stats(); s.Overflow != 1 || s.Refused != 1 {
		t.Errorf("overflow %d, refused %d", s.Overflow, s.Refused)
	}
	r.expire(sscop.TimerPoll)
	r.recv(sscop.PDU{Type: sscop.STAT, NPS: seq(1), NR: seq(1), NMR: seq(40)})
	r.data("3", "4")
	r.want(sscop.DataTransferReady, "POLL, SD, refused: transmission queue full")
}

// TestRecoveryDropsData: with Clear-buffers "yes" what was in flight is gone, counted, and numbers
// start anew.
func TestRecoveryDropsData(t *testing.T) {
	r := reach(t, sscop.DataTransferReady, sscop.Config{})
	r.data("0", "1")
	r.recv(sd(5))
	r.recv(sscop.PDU{Type: sscop.STAT, NPS: seq(9)})
	r.data("lost")
	if r.c.Buffered() != 0 || r.c.Unacked() != 0 || r.c.Queued() != 0 || r.c.Stats().Dropped != 3 {
		t.Errorf("held %d %d %d, dropped %d", r.c.Buffered(), r.c.Unacked(), r.c.Queued(), r.c.Stats().Dropped)
	}
	r.recv(sscop.PDU{Type: sscop.ERAK, NMR: seq(50)})
	r.do(func(c *sscop.Conn) { c.RecoverResponse() })
	strs(r)
	r.data("2")
	wantSent(t, r, "SD N(S)=0 (1 octets)")
	r.recv(sd(3)) // 5 was held before the recovery and is missing now
	r.sent = nil
	r.recv(sscop.PDU{Type: sscop.POLL, NPS: seq(1), NS: seq(6)})
	wantSent(t, r, "STAT N(PS)=1 N(MR)=128 N(R)=0 [0 3 4 6]")
	r.recv(sd(0))
	if got := r.sdus[len(r.sdus)-1]; got != "0" || r.c.Buffered() != 1 {
		t.Errorf("delivered %q, buffered %d", got, r.c.Buffered())
	}
}
