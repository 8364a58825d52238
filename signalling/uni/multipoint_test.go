package uni_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// broadcast is the contract of point-to-multipoint calls in tests.
var broadcast = vc.Contract{Category: vc.CBR, Forward: flow(1000, 1000)}

// rootParams are those of a point-to-multipoint call to a host.
func rootParams(m vc.MAC) primitive.Params {
	p := paramsTo(m, broadcast)
	p.Multipoint = true
	return p
}

// leafParams are those of one more party there.
func leafParams(m vc.MAC, selector byte) primitive.Params {
	return primitive.Params{Called: addrOf(m).WithSelector(selector)}
}

// A tree is a point-to-multipoint call between two hosts.
type tree struct {
	w          *world
	root, leaf *host
	out, in    primitive.CallID
	id         vc.ID
	next       primitive.PartyID
}

// plant makes a tree whose first party is active on VC 1 of the leaf.
func plant(w *world, userIsRoot bool) *tree {
	w.t.Helper()
	net, usr := w.pair()
	up(net, usr)
	t := &tree{w: w, root: net, leaf: usr, next: 1}
	if userIsRoot {
		t.root, t.leaf = usr, net
	}
	t.out = t.root.call(rootParams(t.leaf.mac))
	w.run(5 * time.Millisecond)
	offer := last[primitive.SetupInd](t.leaf)
	t.in = offer.Call
	t.leaf.ask(primitive.AcceptReq{Call: t.in, VC: 1, Params: offer.Params})
	w.run(50 * time.Millisecond)
	t.id = last[primitive.ConnectInd](t.root).ID
	last[primitive.CompleteInd](t.leaf)
	t.forget()
	return t
}

func (t *tree) forget() {
	for _, h := range []*host{t.root, t.leaf} {
		h.take()
		h.log, h.sent = nil, nil
	}
}

// add asks for one more party and returns its identifiers at both ends.
func (t *tree) add() (at, offered primitive.PartyID) {
	t.w.t.Helper()
	at = t.next
	t.next++
	t.root.ask(primitive.AddPartyReq{Call: t.out, Party: at, Params: leafParams(t.leaf.mac, byte(at))})
	t.w.run(5 * time.Millisecond)
	return at, last[primitive.AddPartyInd](t.leaf).Party
}

// grow adds a party and accepts it on a VC of the leaf.
func (t *tree) grow(h vc.Handle) (at, offered primitive.PartyID) {
	t.w.t.Helper()
	at, offered = t.add()
	t.accept(offered, h)
	if c := last[primitive.AddPartyConf](t.root); c.Party != at {
		t.w.t.Errorf("added %+v", c)
	}
	if c := last[primitive.CompleteInd](t.leaf); c.Party != offered {
		t.w.t.Errorf("complete %+v", c)
	}
	return at, offered
}

func (t *tree) accept(offered primitive.PartyID, h vc.Handle) {
	offer := last[primitive.AddPartyInd](t.leaf)
	t.leaf.ask(primitive.AcceptPartyReq{Call: t.in, Party: offered, VC: h, Params: offer.Params})
	t.w.run(20 * time.Millisecond)
}

// states returns the party states of a host, by endpoint reference.
func states(h *host) string {
	var s strings.Builder
	for _, r := range h.link.Calls() {
		s.WriteString(r.State)
		for _, p := range r.Parties {
			fmt.Fprintf(&s, " %d:%s", p.EndpointRef, p.State)
		}
	}
	return s.String()
}

// want compares the states at both ends.
func (t *tree) want(root, leaf string) {
	t.w.t.Helper()
	if r, l := states(t.root), states(t.leaf); r != root || l != leaf {
		t.w.t.Errorf("at %v the root has %q, the leaf %q; want %q and %q", t.w.now, r, l, root, leaf)
	}
}

// receivers returns the VCs that are on the channel at the leaf.
func (t *tree) receivers() []vc.Handle {
	var all []vc.Handle
	if b := t.leaf.plane[t.id]; b != nil {
		for h := range b.joined {
			all = append(all, h)
		}
	}
	slices.Sort(all)
	return all
}

func (t *tree) wantReceivers(all ...vc.Handle) {
	t.w.t.Helper()
	if r := t.receivers(); !slices.Equal(r, all) {
		t.w.t.Errorf("on the channel are %v, want %v", r, all)
	}
}

func (t *tree) wantEmpty() {
	t.w.t.Helper()
	t.root.wantEmpty()
	t.leaf.wantEmpty()
}

// side gives the call states of a tree: the root's and the leaf's letter.
func (t *tree) side() (root, leaf string) {
	if t.root.link.Role() == uni.RoleUser {
		return "U", "N"
	}
	return "N", "U"
}

// bothRoots runs a test with the user and the network side as the root.
func bothRoots(t *testing.T, test func(t *testing.T, tr *tree)) {
	t.Helper()
	for _, user := range []bool{true, false} {
		name := "network is root"
		if user {
			name = "user is root"
		}
		t.Run(name, func(t *testing.T) { test(t, plant(newWorld(t, 1), user)) })
	}
}

// TestTree: a call with three parties comes and goes, and everything that is
// told of it.
func TestTree(t *testing.T) {
	bothRoots(t, func(t *testing.T, tr *tree) {
		t.Helper()
		r, l := tr.side()
		tr.want(r+"10 0:P7", l+"10 0:P7")
		if got := tr.leaf.link.Reserved(); got.Receive == 0 || got.Send != 0 {
			t.Errorf("the leaf has reserved %+v", got)
		}
		at, offered := tr.add()
		offer := last[primitive.AddPartyInd](tr.leaf)
		want := primitive.AddPartyInd{Call: tr.in, Party: primitive.AddedParty | 1, Params: leafParams(tr.leaf.mac, 1)}
		want.Params.Contract, want.Params.Multipoint = broadcast, true
		if d := cmp.Diff(want, offer, cmpopts.EquateComparable(addrOf(macA)), cmpopts.EquateEmpty()); d != "" {
			t.Error(d)
		}
		tr.want(r+"10 0:P7 1:P1", l+"10 0:P7 1:P2")
		tr.accept(offered, 2)
		tr.want(r+"10 0:P7 1:P7", l+"10 0:P7 1:P7")
		tr.wantReceivers(1, 2)
		if c := last[primitive.AddPartyConf](tr.root); c.Party != at || c.Changed || c.Params.Called != want.Params.Called {
			t.Errorf("added %+v", c)
		}
		if d := cmp.Diff([]string{"ADD PARTY", "AddPartyConf"}, tr.root.takeLog()); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]string{"AddPartyInd", "join", "ADD PARTY ACKNOWLEDGE", "CompleteInd"}, tr.leaf.takeLog()); d != "" {
			t.Error(d)
		}
		two, _ := tr.grow(3)
		tr.forget()

		// The root drops the first party: the channel lives on.
		tr.root.ask(primitive.DropPartyReq{Call: tr.out, Party: primitive.FirstParty, Cause: cause(ie.CauseNormalClearing)})
		tr.w.run(50 * time.Millisecond)
		tr.wantReceivers(2, 3)
		if d := cmp.Diff([]string{"leave", "DROP PARTY ACKNOWLEDGE", "DropPartyInd"}, tr.leaf.takeLog()); d != "" {
			t.Error(d)
		}
		if i := last[primitive.DropPartyInd](tr.leaf); i.Party != primitive.FirstParty || !i.Remote || i.Cause.Value != ie.CauseNormalClearing || i.Drain.Dropped != 1 {
			t.Errorf("indicated %+v", i)
		}
		if c := last[primitive.DropPartyConf](tr.root); c.Party != primitive.FirstParty || c.Cause.Value != ie.CauseNormalClearing {
			t.Errorf("confirmed %+v", c)
		}

		// The leaf drops a party of its own.
		tr.leaf.ask(primitive.DropPartyReq{Call: tr.in, Party: offered, Cause: cause(ie.CauseUserBusy)})
		tr.w.run(50 * time.Millisecond)
		tr.wantReceivers(3)
		if i := last[primitive.DropPartyInd](tr.root); i.Party != at || !i.Remote || i.Cause.Value != ie.CauseUserBusy || i.Detail != "dropped by the peer" {
			t.Errorf("indicated %+v", i)
		}
		if c := last[primitive.DropPartyConf](tr.leaf); c.Party != offered || c.Drain.Dropped != 1 {
			t.Errorf("confirmed %+v", c)
		}
		tr.want(r+"10 2:P7", l+"10 2:P7")
		tr.forget()

		// With the last party the call goes.
		tr.root.ask(primitive.DropPartyReq{Call: tr.out, Party: two, Cause: cause(ie.CauseNormalClearing), Linger: time.Second})
		tr.w.run(50 * time.Millisecond)
		if d := cmp.Diff([]string{"drain", "RELEASE", "deactivate quiesce=true", "DropPartyConf", "ReleaseInd"}, tr.root.takeLog()); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]string{"deactivate quiesce=true", "RELEASE COMPLETE", "ReleaseInd"}, tr.leaf.takeLog()); d != "" {
			t.Error(d)
		}
		tr.wantEmpty()
	})
}

// TestLastPartyByLeaf: a leaf that drops the last party releases the call.
func TestLastPartyByLeaf(t *testing.T) {
	bothRoots(t, func(t *testing.T, tr *tree) {
		t.Helper()
		tr.leaf.ask(primitive.DropPartyReq{Call: tr.in, Party: primitive.FirstParty, Cause: cause(ie.CauseUserBusy)})
		tr.w.run(50 * time.Millisecond)
		if c := last[primitive.DropPartyConf](tr.leaf); c.Cause.Value != ie.CauseUserBusy {
			t.Errorf("confirmed %+v", c)
		}
		if i := last[primitive.ReleaseInd](tr.root); i.Cause.Value != ie.CauseUserBusy || !i.Remote {
			t.Errorf("indicated %+v", i)
		}
		tr.wantEmpty()
	})
}

// TestRefusedParty: what the leaf's client refuses, at once and after PARTY
// ALERTING, fails the request, and the call lives on.
func TestRefusedParty(t *testing.T) {
	bothRoots(t, func(t *testing.T, tr *tree) {
		t.Helper()
		r, l := tr.side()
		for _, wait := range []time.Duration{0, 2 * time.Second} {
			at, offered := tr.add()
			tr.w.run(wait)
			want := []string{"AddPartyInd", "ADD PARTY REJECT", "DropPartyConf"}
			if wait != 0 {
				tr.want(r+"10 0:P7 "+fmt.Sprint(at)+":P4", l+"10 0:P7 "+fmt.Sprint(at)+":P3")
				if p := last[primitive.PartyProceedingInd](tr.root); p.Party != at {
					t.Errorf("told %+v", p)
				}
				want = []string{"AddPartyInd", "PARTY ALERTING", "DROP PARTY", "DropPartyConf"}
			}
			tr.leaf.ask(primitive.RejectPartyReq{Call: tr.in, Party: offered, Cause: cause(ie.CauseCallRejected)})
			tr.w.run(20 * time.Millisecond)
			if d := cmp.Diff(want, tr.leaf.takeLog()); d != "" {
				t.Error(d)
			}
			if c := last[primitive.DropPartyConf](tr.root); c.Party != at || c.Cause.Value != ie.CauseCallRejected {
				t.Errorf("confirmed %+v", c)
			}
			tr.want(r+"10 0:P7", l+"10 0:P7")
		}
	})
}

// TestLastPending: when the party that keeps the call alive is refused, the call
// is released with its cause in place of ADD PARTY REJECT; at a network root the
// call has fallen back to N7 meanwhile.
func TestLastPending(t *testing.T) {
	bothRoots(t, func(t *testing.T, tr *tree) {
		t.Helper()
		at, offered := tr.add()
		tr.root.ask(primitive.DropPartyReq{Call: tr.out, Party: primitive.FirstParty, Cause: cause(ie.CauseNormalClearing)})
		tr.w.run(20 * time.Millisecond)
		if r, _ := tr.side(); r == "N" {
			tr.want("N7 1:P1", "U10 1:P2")
		} else {
			tr.want("U10 1:P1", "N10 1:P2")
		}
		tr.wantReceivers()
		tr.forget()
		tr.leaf.ask(primitive.RejectPartyReq{Call: tr.in, Party: offered, Cause: cause(ie.CauseUserBusy)})
		tr.w.run(20 * time.Millisecond)
		if d := cmp.Diff([]string{"drain", "RELEASE", "deactivate quiesce=false", "DropPartyConf", "ReleaseInd"}, tr.leaf.takeLog()); d != "" {
			t.Error(d)
		}
		if c := last[primitive.DropPartyConf](tr.root); c.Party != at || c.Cause.Value != ie.CauseUserBusy {
			t.Errorf("confirmed %+v", c)
		}
		last[primitive.ReleaseInd](tr.root)
		tr.wantEmpty()
	})
}

// TestFallBackAndForth: a party that answers after the fall-back makes the call
// active again, and its VC receives on the old channel.
func TestFallBackAndForth(t *testing.T) {
	bothRoots(t, func(t *testing.T, tr *tree) {
		t.Helper()
		at, offered := tr.add()
		tr.root.ask(primitive.DropPartyReq{Call: tr.out, Party: primitive.FirstParty, Cause: cause(ie.CauseNormalClearing)})
		tr.w.run(2 * time.Second)
		r, l := tr.side()
		fallen := map[string]string{"N": "N7", "U": "U10"}[r]
		tr.want(fallen+" 1:P4", l+"10 1:P3")
		tr.add() // a call that has fallen back takes parties
		tr.want(fallen+" 1:P4 2:P1", l+"10 1:P3 2:P2")
		tr.accept(offered, 5)
		tr.want(r+"10 1:P7 2:P1", l+"10 1:P7 2:P2")
		tr.wantReceivers(5)
		if c := last[primitive.AddPartyConf](tr.root); c.Party != at {
			t.Errorf("confirmed %+v", c)
		}
		tr.forget()
		tr.root.ask(primitive.ReleaseReq{Call: tr.out, Cause: cause(ie.CauseNormalClearing), Linger: time.Second})
		tr.w.run(50 * time.Millisecond)
		// The one that was being added is answered, the others go with the call.
		if d := cmp.Diff([]string{"drain", "RELEASE", "deactivate quiesce=true", "DropPartyConf", "ReleaseConf"}, tr.root.takeLog()); d != "" {
			t.Error(d)
		}
		if c := last[primitive.DropPartyConf](tr.root); c.Party != 2 {
			t.Errorf("confirmed %+v", c)
		}
		last[primitive.ReleaseConf](tr.root)
		tr.wantEmpty()
	})
}

// TestSecondAnswersFirst: a party that is added while the first one is alerted
// answers before it. The CONNECT names that party (Q.2971 9.2.1).
func TestSecondAnswersFirst(t *testing.T) {
	for _, user := range []bool{true, false} {
		w := newWorld(t, 1)
		root, leaf := w.pair()
		up(root, leaf)
		if user {
			root, leaf = leaf, root
		}
		tr := &tree{w: w, root: root, leaf: leaf, next: 1}
		tr.out = root.call(rootParams(leaf.mac))
		w.run(2 * time.Second)
		tr.in = last[primitive.SetupInd](leaf).Call
		r, l := tr.side()
		ring, rung := map[string]string{"U": "4", "N": "7"}, map[string]string{"U": "7", "N": "4"}
		tr.want(r+ring[r]+" 0:P4", l+rung[l]+" 0:P3")
		at, offered := tr.add()
		tr.accept(offered, 8)
		tr.want(r+"10 0:P4 1:P7", l+"10 0:P3 1:P7")
		if c := last[primitive.ConnectInd](root); c.Party != at {
			t.Errorf("connected %+v", c)
		}
		if c := last[primitive.AddPartyConf](root); c.Party != at {
			t.Errorf("added %+v", c)
		}
		leaf.ask(primitive.AcceptReq{Call: tr.in, VC: 9, Params: last[primitive.SetupInd](leaf).Params})
		w.run(20 * time.Millisecond)
		tr.id = last[primitive.ConnectInd](root).ID
		tr.want(r+"10 0:P7 1:P7", l+"10 0:P7 1:P7")
		tr.wantReceivers(8, 9)
		if c := last[primitive.AddPartyConf](root); c.Party != primitive.FirstParty {
			t.Errorf("added %+v", c)
		}
		leaf.ask(primitive.ReleaseReq{Call: tr.in, Cause: cause(ie.CauseNormalClearing)})
		w.run(time.Second)
		tr.wantEmpty()
	}
}

// TestPartyCrossing: both ends drop the same party at once, or one drops it while the
// other releases the call.
func TestPartyCrossing(t *testing.T) {
	bothRoots(t, func(t *testing.T, tr *tree) {
		t.Helper()
		r, l := tr.side()
		at, offered := tr.grow(2)
		tr.forget()
		drop := func() {
			tr.root.ask(primitive.DropPartyReq{Call: tr.out, Party: at, Cause: cause(ie.CauseNormalClearing)})
		}
		drop()
		tr.leaf.ask(primitive.DropPartyReq{Call: tr.in, Party: offered, Cause: cause(ie.CauseUserBusy)})
		tr.w.run(50 * time.Millisecond)
		for _, h := range []*host{tr.root, tr.leaf} {
			if n := len(h.take()); n != 1 {
				t.Errorf("%s was told %d things", h.name, n)
			}
		}
		tr.want(r+"10 0:P7", l+"10 0:P7")
		tr.wantReceivers(1)

		at, _ = tr.grow(3)
		tr.forget()
		drop()
		tr.leaf.ask(primitive.ReleaseReq{Call: tr.in, Cause: cause(ie.CauseUserBusy), Linger: time.Second})
		tr.w.run(50 * time.Millisecond)
		last[primitive.DropPartyConf](tr.root)
		last[primitive.ReleaseInd](tr.root)
		last[primitive.ReleaseConf](tr.leaf)
		if len(tr.root.take()) != 2 || len(tr.leaf.take()) != 1 {
			t.Error("told more than that")
		}
		tr.wantEmpty()
		drop() // it has crossed the ReleaseInd
		if i := tr.root.take(); len(i) != 1 {
			t.Errorf("told %+v", i)
		}
	})
}

// TestDropBeforeAnswer: one DropPartyConf completes AddPartyReq and DropPartyReq
// alike.
func TestDropBeforeAnswer(t *testing.T) {
	bothRoots(t, func(t *testing.T, tr *tree) {
		t.Helper()
		at, offered := tr.add()
		tr.forget()
		tr.root.ask(primitive.DropPartyReq{Call: tr.out, Party: at, Cause: cause(ie.CauseNormalClearing)})
		tr.root.ask(primitive.DropPartyReq{Call: tr.out, Party: at, Cause: cause(ie.CauseNormalClearing)})
		tr.leaf.ask(primitive.AcceptPartyReq{Call: tr.in, Party: offered, VC: 2}) // on its way already
		tr.w.run(50 * time.Millisecond)
		if d := cmp.Diff([]string{"DROP PARTY", "STATUS", "DropPartyConf"}, tr.root.takeLog()); d != "" {
			t.Error(d)
		}
		last[primitive.DropPartyInd](tr.leaf)
		tr.leaf.ask(primitive.AcceptPartyReq{Call: tr.in, Party: offered, VC: 2})
		if n := tr.leaf.counter("late_answers"); n != 1 || tr.root.counter("bad_requests") != 1 {
			t.Errorf("%d late answers, %d bad requests", n, tr.root.counter("bad_requests"))
		}
		tr.wantReceivers(1)
	})
}

// TestJoinRefused: the data plane has no room for a leaf.
func TestJoinRefused(t *testing.T) {
	bothRoots(t, func(t *testing.T, tr *tree) {
		t.Helper()
		tr.leaf.refuseJoin = errPlane
		at, offered := tr.add()
		tr.accept(offered, 2)
		if c := last[primitive.DropPartyConf](tr.root); c.Party != at || c.Cause.Value != ie.CauseResourceUnavailable {
			t.Errorf("confirmed %+v", c)
		}
		if i := last[primitive.DropPartyInd](tr.leaf); i.Party != offered || i.Remote || i.Detail != "the data plane refuses the channel: no room" {
			t.Errorf("indicated %+v", i)
		}
		tr.wantReceivers(1)
	})
}

// TestEndWhileJoining: what ends the call or the party while Joined is due takes
// the VC off again.
func TestEndWhileJoining(t *testing.T) {
	for _, err := range []error{nil, errPlane} {
		for _, ends := range []string{"SAAL", "stop"} {
			tr := plant(newWorld(t, 1), true)
			_, offered := tr.add()
			l := tr.leaf.link
			effects := l.Request(primitive.AcceptPartyReq{Call: tr.in, Party: offered, VC: 2})
			rest := slices.DeleteFunc(slices.Clone(effects), func(e uni.Effect) bool { return e.Kind == uni.Join })
			if len(rest) != len(effects)-1 {
				t.Fatalf("%d of %d effects are no Join", len(rest), len(effects))
			}
			tr.leaf.do(rest)
			if ends == "SAAL" {
				tr.leaf.do(l.Receive([]byte{0, 0, 0, 0, 0x03, 0, 0, 0}))
			} else {
				tr.leaf.do(l.Stop(cause(ie.CauseTemporaryFailure)))
			}
			tr.leaf.do(l.Joined(tr.in, offered+1, nil)) // nobody's
			if err == nil {
				tr.leaf.plane[tr.id].joined[2] = true
			}
			tr.leaf.do(l.Joined(tr.in, offered, err))
			tr.w.run(100 * time.Millisecond)
			if ends == "SAAL" {
				tr.wantReceivers(1)
				if i := last[primitive.DropPartyInd](tr.leaf); i.Party != offered || i.Cause.Value != ie.CauseDestinationOutOfOrder {
					t.Errorf("told %+v", i)
				}
				continue
			}
			last[primitive.ReleaseInd](tr.leaf)
			tr.leaf.wantEmpty()
		}
	}
}

// TestAddPartyRefused: what a root is refused at once, with cause and words.
func TestAddPartyRefused(t *testing.T) {
	bothRoots(t, func(t *testing.T, tr *tree) {
		t.Helper()
		good := leafParams(tr.leaf.mac, 9)
		with := func(change func(*primitive.Params)) primitive.Params {
			p := good
			change(&p)
			return p
		}
		pp, _ := active(tr.w, tr.root, tr.leaf)
		early := tr.root.call(rootParams(tr.leaf.mac))
		for _, row := range []struct {
			name   string
			call   primitive.CallID
			params primitive.Params
			cause  ie.CauseValue
			detail string
		}{
			{"no call", 77, good, ie.CauseInvalidCallReference, "there is no such call any more"},
			{"point-to-point", pp, good, ie.CauseMessageNotCompatible, "the call is not point-to-multipoint"},
			{"too early", early, good, ie.CauseMessageNotCompatible, "the call is neither alerting nor active yet"},
			{"no address", tr.out, primitive.Params{}, ie.CauseInvalidNumberFormat, "no called address"},
			{"two low layers", tr.out, with(func(p *primitive.Params) { p.BLLI = [][]byte{{0xcc}, {0xcc}} }), ie.CauseInvalidElementContents, "low layer information"},
			{"a bad high layer", tr.out, with(func(p *primitive.Params) { p.BHLI = make([]byte, 20) }), ie.CauseInvalidElementContents, ""},
		} {
			tr.root.take()
			tr.root.ask(primitive.AddPartyReq{Call: row.call, Party: 9, Params: row.params})
			c := last[primitive.DropPartyConf](tr.root)
			if c.Call != row.call || c.Party != 9 || c.Cause.Value != row.cause || row.detail != "" && c.Detail != row.detail {
				t.Errorf("%s: %+v", row.name, c)
			}
		}
		tr.root.take()
		for _, id := range []primitive.PartyID{primitive.FirstParty, primitive.AddedParty | 5} {
			tr.root.ask(primitive.AddPartyReq{Call: tr.out, Party: id, Params: good})
		}
		if n := tr.root.counter("bad_requests"); n != 2 || len(tr.root.take()) != 0 {
			t.Errorf("%d bad requests", n)
		}
		tr.leaf.ask(primitive.AddPartyReq{Call: tr.in, Party: 9, Params: good})
		if c := last[primitive.DropPartyConf](tr.leaf); c.Detail != "only the root of a call adds parties" {
			t.Errorf("%+v", c)
		}
		tr.root.drainTime = time.Hour
		tr.root.ask(primitive.ReleaseReq{Call: tr.out, Cause: cause(ie.CauseNormalClearing), Linger: time.Hour})
		tr.root.ask(primitive.AddPartyReq{Call: tr.out, Party: 9, Params: good})
		if c := last[primitive.DropPartyConf](tr.root); c.Detail != "the call is ending" {
			t.Errorf("%+v", c)
		}
	})
}

// TestPartyBounds: how many parties a call has, how many are being added, and
// how fast, at both ends.
func TestPartyBounds(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*uni.Config)
		cause  ie.CauseValue
		taken  int
	}{
		{"parties", func(c *uni.Config) { c.MaxParties = 4 }, ie.CauseResourceUnavailable, 3},
		{"pending", func(c *uni.Config) { c.MaxPendingParties = 2 }, ie.CauseTooManyAddParty, 2},
		{"rate", func(c *uni.Config) { c.SetupBurst, c.SetupRate = 4, 1 }, ie.CauseCongestion, 3},
	} {
		for _, limited := range []string{"root", "leaf"} {
			t.Run(row.name+" of the "+limited, func(t *testing.T) {
				w := newWorld(t, 1)
				root, leaf := w.pair()
				if limited == "root" {
					row.change(&root.cfg)
				} else {
					row.change(&leaf.cfg)
				}
				up(root, leaf)
				out := root.call(rootParams(leaf.mac))
				w.run(5 * time.Millisecond)
				leaf.ask(primitive.AcceptReq{Call: last[primitive.SetupInd](leaf).Call, VC: 1, Params: last[primitive.SetupInd](leaf).Params})
				w.run(20 * time.Millisecond)
				root.take()
				for i := range primitive.PartyID(5) {
					root.ask(primitive.AddPartyReq{Call: out, Party: i + 1, Params: leafParams(leaf.mac, 1)})
				}
				w.run(20 * time.Millisecond)
				refused := 0
				for _, i := range root.take() {
					if c, ok := i.(primitive.DropPartyConf); ok && c.Cause.Value == row.cause {
						refused++
					}
				}
				if refused != 5-row.taken {
					t.Errorf("%d refused, want %d", refused, 5-row.taken)
				}
			})
		}
	}
}

// TestForeignLeaf: a party with an address that is not the leaf's.
func TestForeignLeaf(t *testing.T) {
	bothRoots(t, func(t *testing.T, tr *tree) {
		t.Helper()
		tr.root.ask(primitive.AddPartyReq{Call: tr.out, Party: 1, Params: leafParams(vc.MAC{2, 9}, 1)})
		tr.w.run(20 * time.Millisecond)
		if c := last[primitive.DropPartyConf](tr.root); c.Cause.Value != ie.CauseNoRouteToDestination || c.Detail != "refused by the peer" {
			t.Errorf("confirmed %+v", c)
		}
		if n := tr.leaf.counter("refused_address"); n != 1 {
			t.Errorf("%d refused", n)
		}
	})
}

// TestBackwardRefused: a root may not ask for anything backward.
func TestBackwardRefused(t *testing.T) {
	w := newWorld(t, 1)
	a, b := w.pair()
	up(a, b)
	p := rootParams(b.mac)
	p.Contract = constant
	a.call(p)
	if c := last[primitive.ReleaseConf](a); c.Cause.Value != ie.CauseUnsupportedTraffic {
		t.Errorf("confirmed %+v", c)
	}
}

// TestReleaseDuringDrop: ReleaseReq while the drop of the last party drains.
func TestReleaseDuringDrop(t *testing.T) {
	for _, linger := range []time.Duration{0, time.Second} {
		bothRoots(t, func(t *testing.T, tr *tree) {
			t.Helper()
			tr.root.drainTime = 30 * time.Millisecond
			tr.root.ask(primitive.DropPartyReq{Call: tr.out, Cause: cause(ie.CauseNormalClearing), Linger: time.Second})
			tr.root.ask(primitive.ReleaseReq{Call: tr.out, Cause: cause(ie.CauseUserBusy), Linger: linger})
			tr.w.run(100 * time.Millisecond)
			want := []string{"drain", "RELEASE", "deactivate quiesce=true", "DropPartyConf", "ReleaseConf"}
			if linger == 0 {
				want = []string{"drain", "deactivate quiesce=false", "RELEASE", "DropPartyConf", "ReleaseConf"}
			}
			if d := cmp.Diff(want, tr.root.takeLog()); d != "" {
				t.Error(d)
			}
			if i := last[primitive.ReleaseInd](tr.leaf); i.Cause.Value != ie.CauseUserBusy {
				t.Errorf("told %+v", i)
			}
			tr.wantEmpty()
		})
	}
}
