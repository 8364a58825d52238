package e2e_test

import (
	"cmp"
	"flag"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"callmanager/api/cmdpb"
	"callmanager/lab"
)

// modelSteps is how many operations TestModel does at least. Zero is the short form.
var modelSteps = flag.Int("model.steps", 0, "operations of TestModel: with any given, every pair of state and operation has to be visited")

// Steps of the short form, and of one run.
const (
	shortSteps  = 1500
	stepsOfARun = 60
)

// TestModel lets up to five clients of two daemons do what they like, and compares all that the daemons say with a small
// model of sections 3 and 3.5. A divergence is shrunk by rapid, which prints the seed and keeps the run in testdata.
func TestModel(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	check := residue(t, alice, bob)
	w := &model{t: t, hosts: [2]*lab.Host{alice, bob}, seen: make(visits)}
	for i, h := range w.hosts {
		w.watches[i] = enter(t, h)
	}
	steps := shortSteps
	if *modelSteps > 0 {
		steps = *modelSteps
	}
	seed := cmp.Or(flagValue(t, "rapid.seed"), rand.Uint64()>>1)
	t.Logf("-rapid.seed=%d", seed)
	set(t, "rapid.steps", stepsOfARun)
	for ; w.steps < steps && !t.Failed(); seed++ {
		set(t, "rapid.seed", seed)
		set(t, "rapid.checks", uint64((steps-w.steps)/stepsOfARun+1))
		rapid.Check(t, w.run)
	}
	for _, a := range w.watches {
		a.close()
	}
	check()
	missed := w.seen.missed()
	t.Logf("%d operations in %d runs; of %d pairs of state and operation %d were not visited: %q\n%s",
		w.steps, w.runs, len(wanted()), len(missed), missed, w.seen)
	if len(missed) > 0 && *modelSteps > 0 {
		t.Errorf("not visited: %q", missed)
	}
}

// flagValue returns a number of the command line.
func flagValue(t *testing.T, name string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(flag.Lookup(name).Value.String(), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// set sets a number of rapid's until the end of the test.
func set(t *testing.T, name string, value uint64) {
	t.Helper()
	before := flagValue(t, name)
	t.Cleanup(func() { _ = flag.Set(name, strconv.FormatUint(before, 10)) })
	if err := flag.Set(name, strconv.FormatUint(value, 10)); err != nil {
		t.Fatal(err)
	}
}

// model is what the runs have in common.
type model struct {
	t       *testing.T
	hosts   [2]*lab.Host
	watches [2]*agent
	seen    visits
	steps   int
	runs    int
	tags    uint64
}

// run is one run, with new clients. At its end they die, and the daemons hold nothing.
func (m *model) run(t *rapid.T) {
	w := &world{t: t, test: m.t, hosts: m.hosts, watches: m.watches, legs: make(map[string]*leg), seen: m.seen, tags: m.tags}
	m.runs++
	defer func() {
		m.steps += w.steps
		m.tags = w.tags
		for _, c := range w.clients {
			c.close()
		}
		m.rest()
	}()
	for i := range 1 + pick(t, 5, "clients") {
		w.newClient(i % 2)
	}
	t.Repeat(map[string]func(*rapid.T){"step": w.step})
	w.t = t
	for _, c := range w.there() { // and nothing else has come
		c.tb = t
		w.send(c, &cmdpb.List{Kind: cmdpb.ListKind_SAPS})
	}
	w.settle()
}

// rest waits until the daemons hold nothing.
func (m *model) rest() {
	m.t.Helper()
	for _, a := range m.watches {
		a.tb = m.t
		eventually(m.t, a.host.Name+" holds nothing", func() error {
			s := a.must(cmdpb.Status_SUCCESS, &cmdpb.GetStatus{}).GetDaemonStatus()
			if s.GetClients() > 2 || s.GetVcs() != 0 || s.GetCalls() != 0 || s.GetSaps() != 0 || counter(s.GetCounters(), "handles") != 0 ||
				counter(s.GetCounters(), "parties") != 0 || counter(s.GetCounters(), "ring_octets") != 0 {
				return fmt.Errorf("%v", s)
			}
			return nil
		})
		if n := counter(a.must(cmdpb.Status_SUCCESS, &cmdpb.GetStatus{}).GetDaemonStatus().GetCounters(), "model_faults"); n != 0 {
			m.t.Errorf("%s: %d faults of the client model", a.host.Name, n)
		}
	}
}

// awaitClients waits until the daemon has learnt of the death of a client.
func (w *world) awaitClients(side int) {
	want := uint32(2) // the watches of this test
	for _, c := range w.there() {
		if c.side == side {
			want++
		}
	}
	a := w.watches[side]
	eventually(w.test, "the daemon notices the death of a client", func() error {
		if n := a.must(cmdpb.Status_SUCCESS, &cmdpb.GetStatus{}).GetDaemonStatus().GetClients(); n > want {
			return fmt.Errorf("%d clients, want %d", n, want)
		}
		return nil
	})
}
