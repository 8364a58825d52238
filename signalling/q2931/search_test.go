package q2931_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"callmanager/signalling/fsm"
	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/search"
)

var whole = flag.Bool("whole", false, "search as far as a minute or two allows")

// maxSearched bounds the memory of a search.
const maxSearched = 8_000_000

// TestSearch visits every state that a user and a network side with their calls and restart processes
// can come to. In each, whatever the SAAL, the clock, the owners and spoilt messages have done:
//
//   - no owner who does what Expects allows meets a defect, and what is under way stays bounded;
//   - once the two are left alone they can come to agree, calls null or active on both sides and no
//     restart under way, without a choice of their users, and they never come to where they cannot any
//     more: so no pair of states that do not belong together persists;
//   - once the call of an end has begun to end, what they agree on is that there is none.
func TestSearch(t *testing.T) {
	tours := []limits{
		{setups: 1, resets: 1, restarts: 1, depth: 2},
		{setups: 1, resets: 1, enquiries: 1, spoilt: 1, depth: 2},
		{setups: 1, resets: 1, modifications: 1, depth: 2},
	}
	switch {
	case *whole:
		tours = []limits{
			{setups: 1, resets: 1, restarts: 1, enquiries: 1, depth: 2},
			{setups: 1, resets: 1, restarts: 1, spoilt: 1, depth: 2},
			{setups: 1, resets: 2, spoilt: 1, depth: 3},
			{setups: 1, resets: 1, restarts: 1, depth: 3},
			{setups: 1, resets: 1, restarts: 2, depth: 2},
			{setups: 1, resets: 1, modifications: 1, spoilt: 1, depth: 2},
			{setups: 1, resets: 2, modifications: 1, depth: 3},
		}
	case testing.Short() || raceEnabled:
		tours = []limits{{setups: 1, resets: 1, spoilt: 1, depth: 2}}
	}
	tourAll(t, tours)
}

// tourAll makes tours with calls from either side.
func tourAll(t *testing.T, tours []limits) {
	t.Helper()
	for _, l := range tours {
		for _, l.caller = range []q2931.Side{q2931.User, q2931.Network} {
			t.Run(strings.ReplaceAll(l.String(), " ", "_"), func(t *testing.T) { tour(t, l) })
		}
	}
}

// TestSearchParties visits every state of point-to-multipoint calls, with parties that join in any state
// of the call that lets them and that either side drops. Beside what TestSearch shows:
//
//   - no party's machine meets an event that cannot be, and each party that waits has a timer;
//   - the call lives exactly as long as a party that keeps it, and the calling network side is not
//     active without an active party;
//   - what the ends can always come to agree on is the same parties, all of them active.
func TestSearchParties(t *testing.T) {
	tours := []limits{{setups: 1, adds: 1, depth: 2}}
	switch {
	case *whole:
		tours = []limits{
			{setups: 1, adds: 1, spoilt: 1, enquiries: 1, depth: 2},
			{setups: 1, adds: 2, depth: 2},
			{setups: 1, adds: 1, resets: 1, restarts: 1, depth: 1},
			{setups: 1, adds: 1, resets: 1, depth: 2},
			{setups: 1, adds: 1, resets: 1, enquiries: 1, depth: 2},
			{setups: 1, adds: 1, resets: 1, spoilt: 1, depth: 2},
		}
	case testing.Short() || raceEnabled:
		tours = []limits{{setups: 1, adds: 1, depth: 1}}
	}
	for i := range tours {
		tours[i].multipoint = true
	}
	tourAll(t, tours)
	if !*whole && !testing.Short() && !raceEnabled {
		l := limits{caller: q2931.User, multipoint: true, setups: 1, adds: 1, resets: 1, spoilt: 1, depth: 1}
		t.Run(strings.ReplaceAll(l.String(), " ", "_"), func(t *testing.T) { tour(t, l) })
	}
}

// String returns the limits in words.
func (l limits) String() string {
	if l.multipoint {
		return fmt.Sprintf("%v calls, %d more parties, %d resets, %d restarts, %d enquiries, %d spoilt, %d under way",
			l.caller, l.adds, l.resets, l.restarts, l.enquiries, l.spoilt, l.depth)
	}
	return fmt.Sprintf("%v calls, %d resets, %d restarts, %d enquiries, %d modifications, %d spoilt, %d under way",
		l.caller, l.resets, l.restarts, l.enquiries, l.modifications, l.spoilt, l.depth)
}

func tour(t *testing.T, l limits) {
	t.Helper()
	w, begun := newWorld(l), time.Now()
	g, err := search.Explore(w, maxSearched, w.initial())
	if err != nil {
		t.Fatal(err)
	}
	if stuck := g.Stuck(w.agree); len(stuck) > 0 {
		t.Errorf("%d of %d states are stuck, the nearest:\n%s", len(stuck), g.States(), g.Trace(stuck[0]))
	}
	reached := make(map[string]bool)
	active := 0
	g.Each(func(s string) {
		w.load(s)
		for _, e := range w.ends {
			if e.call.call != nil {
				reached[e.call.call.State().String()] = true
			}
		}
		if a, b := w.ends[0].call, w.ends[1].call; strings.HasPrefix(a.rest(), "active") && a.rest() == b.rest() {
			active++
		}
	})
	want := len(statesOfCall(l.caller))
	if l.modifications > 0 {
		want += 2 // 13 and 14, one on each side
	}
	if len(reached) != want {
		t.Errorf("%d states reached, want %d: %v", len(reached), want, reached)
	}
	if active == 0 {
		t.Error("no call has come about")
	}
	if l.multipoint {
		wantParties(t, w, g)
	}
	t.Logf("%d states, %d steps, depth %d, %v", g.States(), g.Steps(), g.Depth(), time.Since(begun).Round(time.Millisecond))
}

// wantParties checks that parties have come to each of their states, and to be active on both sides.
func wantParties(t *testing.T, w *world, g *search.Graph) {
	t.Helper()
	reached := make(map[q2931.PartyState]bool)
	joined := 0
	g.Each(func(s string) {
		w.load(s)
		for _, e := range w.ends {
			for _, p := range e.parties {
				reached[p.state()] = true
			}
		}
		if w.agree(s) && w.ends[0].call.partyCount(isActive) == len(w.ends[0].parties) {
			joined++
		}
	})
	if len(reached) != len(q2931.PartyStates()) {
		t.Errorf("%d states of parties reached, want %d", len(reached), len(q2931.PartyStates()))
	}
	if joined == 0 {
		t.Error("no call has come to have all its parties")
	}
}

// statesOfCall returns the states, null ones apart, that the two sides of a call have.
func statesOfCall(caller q2931.Side) []q2931.State {
	if caller == q2931.User {
		return []q2931.State{
			q2931.U1CallInitiated, q2931.U3OutgoingCallProceeding, q2931.U4CallDelivered, q2931.U10Active,
			q2931.U11ReleaseRequest, q2931.U12ReleaseIndication, q2931.N1CallInitiated,
			q2931.N3OutgoingCallProceeding, q2931.N4CallDelivered, q2931.N10Active, q2931.N11ReleaseRequest,
			q2931.N12ReleaseIndication,
		}
	}
	return []q2931.State{
		q2931.N6CallPresent, q2931.N9IncomingCallProceeding, q2931.N7CallReceived, q2931.N8ConnectRequest,
		q2931.N10Active, q2931.N11ReleaseRequest, q2931.N12ReleaseIndication, q2931.U6CallPresent,
		q2931.U9IncomingCallProceeding, q2931.U7CallReceived, q2931.U8ConnectRequest, q2931.U10Active,
		q2931.U11ReleaseRequest, q2931.U12ReleaseIndication,
	}
}

// TestSearchSeesStuck: ends that nobody tells that the SAAL is back, and ends without timers, keep
// halves of calls, and ends that enquire about active parties alone those that are being added. The
// search says so.
func TestSearchSeesStuck(t *testing.T) {
	blind := map[string]limits{
		"no audit": {caller: q2931.User, setups: 1, resets: 1, depth: 2, deaf: true},
		"no timer": {caller: q2931.User, setups: 1, resets: 1, depth: 2, timeless: true},
	}
	if *whole {
		blind["no audit of parties being added"] = limits{
			caller: q2931.User, multipoint: true, setups: 1, adds: 1, resets: 1, depth: 2, activeOnly: true,
		}
	}
	for name, l := range blind {
		w := newWorld(l)
		g, err := search.Explore(w, maxSearched, w.initial())
		if err != nil {
			t.Fatal(err)
		}
		stuck := g.Stuck(w.agree)
		if len(stuck) == 0 {
			t.Fatalf("%s: nothing is stuck", name)
		}
		t.Logf("%s:\n%s", name, g.Trace(stuck[0]))
	}
}

// TestImageTwin: what an image leaves out does not matter. On random ways a call that is written down
// and read back after each step asks for the same as one that lives on.
func TestImageTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 2931))
	for range 2000 {
		side := []q2931.Side{q2931.User, q2931.Network}[rng.IntN(2)]
		fresh := func() *q2931.Call { return q2931.NewCall(side, msg.CallRef{Value: 7}, &q2931.Timers{}) }
		live, read := fresh(), fresh()
		for range 40 {
			e := q2931.Events()[rng.IntN(len(q2931.Events()))]
			if q2931.At(live.State(), e).Kind == fsm.Impossible || !runs(live, e) {
				continue
			}
			in := func() q2931.Input {
				m := message(e, ie.CallStateValue(rng.IntN(13)), msg.Instruction{})
				return q2931.Input{Msg: m, Cause: anyCause}
			}()
			want := asked(live.Step(e, in))
			if got := asked(read.Step(e, in)); got != want || read.State() != live.State() {
				t.Fatalf("%v: %s and %v after having been written down, its twin %s and %v", e, got, read.State(), want, live.State())
			}
			b := read.AppendImage(nil)
			read = fresh()
			if rest := read.LoadImage(b); len(rest) != 0 {
				t.Fatalf("%d octets of an image are left", len(rest))
			}
			if live.State().IsNull() {
				break
			}
		}
	}
}

// runs reports whether an event is no expiry or that of a running timer.
func runs(c *q2931.Call, e q2931.Event) bool {
	for timer := q2931.Timer(1); int(timer) < q2931.NumTimers; timer++ {
		if timer.Expiry() == e {
			return c.Running(timer)
		}
	}
	return true
}

// asked writes down what a machine asks for, as far as machines act on it.
func asked(effects []q2931.Effect) string {
	var b strings.Builder
	for _, e := range effects {
		fmt.Fprintf(&b, "%d %v %v", e.Kind, e.Timer, e.After)
		if e.Kind == q2931.Send {
			token := tokenOf(e.Msg)
			token[3] = 0 // the cause of clearing passes through
			fmt.Fprintf(&b, " %x", token)
		}
		b.WriteString("; ")
	}
	return b.String()
}

// TestImageFields names every field of the machines: who adds one decides whether their future depends
// on it, and so whether an image must hold it.
func TestImageFields(t *testing.T) {
	for _, row := range []struct {
		typ   reflect.Type
		known []string
	}{
		{reflect.TypeFor[q2931.Call](), []string{
			"state", "ref", "tm", "running", "setup", "sent", "enquiries", "enquired", "awaitsAck", "parties", "fallen", "modify", "unconfirmed",
			"cause", "userUser", "out", "room", "in",
		}},
		{reflect.TypeFor[q2931.Party](), []string{"side", "state", "call", "ref", "tm", "running", "cause", "remote", "out"}},
		{reflect.TypeFor[q2931.Process](), []string{"side", "state", "tm", "timer", "sent", "msg", "out"}},
	} {
		for f := range row.typ.Fields() {
			if !slices.Contains(row.known, f.Name) {
				t.Errorf("the image of a %v does not know the field %s", row.typ, f.Name)
			}
		}
	}
}
