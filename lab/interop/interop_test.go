package interop_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callmanager/client"
	"callmanager/lab/interop/peer"
)

// TestInterop shows cmd-daemon and Linux's own ATM stack to each other, as both sides of the UNI and in
// its editions. With -short it is one edition for each side, with fewer calls and sizes.
func TestInterop(t *testing.T) {
	r := boot(t)
	setups := []setup{
		{"network", "uni4.0"},
		{"user", "uni3.1"},
		{"network", "uni3.0"},
		{"user", "uni4.0"},
		{"network", "uni3.1"},
		{"user", "uni3.0"},
	}
	if testing.Short() {
		setups = setups[:3]
	}
	for _, k := range setups {
		t.Run(k.role+"_"+k.profile, func(t *testing.T) {
			s := r.start(t, k)
			l := s.awaitLink(t)
			t.Logf("up as the %s side, guest is the %s side, %s", l.GetRole(), k.guestSide(), k.profile)
			s.cases(t)
		})
	}
}

// cases are what a link is to show. Those of UNI 3.0 are the ones that depend on its octets.
func (s *session) cases(t *testing.T) {
	t.Helper()
	t.Run("calls", s.testCalls)
	t.Run("rates", s.testRates)
	if s.profile == "uni3.0" {
		return
	}
	t.Run("contents", s.testContents)
	t.Run("sizes", s.testSizes)
	t.Run("sequence", s.testSequence)
	t.Run("together", s.testTogether)
	t.Run("loss", s.testLoss)
	t.Run("restart", s.testRestart)
}

// bounded is a context that ends with the test or when nothing more can come: 80 MB one SDU at a time
// take minutes on a busy machine.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 6*patience)
	t.Cleanup(cancel)
	return ctx
}

// testCalls: a call by each side, released by each side.
func (s *session) testCalls(t *testing.T) {
	ctx, sizes := bounded(t), []int{1, 40, 1500}
	for _, releases := range []bool{true, false} {
		t.Run(fmt.Sprintf("ours, we release %t", releases), func(t *testing.T) {
			most := len(sizes)
			if releases {
				most = 0
			}
			task := s.listen(t, peer.Request{QoS: (&traffic{}).qos(), Releases: most})
			if err := s.exchange(ctx, (&traffic{}).options(), sizes, releases); err != nil {
				t.Fatal(err)
			}
			end, err := task.Await("released")
			if err != nil || end.SDUs != len(sizes) || end.Octets != sum(sizes) {
				t.Errorf("the guest got %+v, %v", end, err)
			}
		})
		t.Run(fmt.Sprintf("theirs, we release %t", releases), func(t *testing.T) {
			most := 0
			if releases {
				most = len(sizes)
			}
			offers := s.serve(t, client.SAP{}, most)
			end, err := s.call(ctx, peer.Request{QoS: (&traffic{}).qos(), Sizes: sizes, Releases: len(sizes) - most})
			if err != nil || end.SDUs != len(sizes) || end.Octets != sum(sizes) {
				t.Fatalf("the guest got %+v, %v", end, err)
			}
			if got := offers(); len(got) != 1 || got[0].GetCalling() == "" {
				t.Errorf("the offers are %v", got)
			}
		})
		s.awaitEmpty(t)
	}
	s.wantUsual(t)
	t.Logf("a call by each side, released by each side, UBR")
}

// testRates: CBR, in the octets that the other side reads.
func (s *session) testRates(t *testing.T) {
	ctx, tr := bounded(t), &traffic{rate: 10000}
	task := s.listen(t, peer.Request{QoS: tr.qos()})
	if err := s.exchange(ctx, tr.options(), []int{40, largest}, true); err != nil {
		t.Fatal(err)
	}
	got, err := task.Await("accepted")
	if err != nil || got.QoS != tr.qos() {
		t.Errorf("the guest took %+v, %v; want %+v", got, err, tr.qos())
	}
	offers := s.serve(t, client.SAP{}, 0)
	if got, err := s.call(ctx, peer.Request{QoS: tr.qos(), Sizes: []int{40, largest}, Releases: 1}); err != nil {
		t.Fatalf("the guest's call: %+v, %v", got, err)
	}
	all := offers()
	if len(all) != 1 || all[0].GetContract().GetCategory() != tr.contract().GetCategory() ||
		all[0].GetContract().GetForward().GetPcr() != uint32(tr.rate) || all[0].GetContract().GetBackward().GetPcr() != uint32(tr.rate) {
		t.Errorf("the offers are %v", all)
	}
	s.awaitEmpty(t)
	s.wantUsual(t)
	t.Logf("CBR of %d cells/s each way, by either side", tr.rate)
}

// Contents of B-HLI and B-LLI: user-specific high layer information, octet 5 (Q.2931 clause 4.5.8), and
// protocols of layer 2, octet 6 (4.5.9).
const (
	userSpecific = 0x81
	iso8802      = 0x0C
	hdlcABM      = 0x09

	causeIncompatible = 88 // incompatible destination
)

func layer2(protocol byte) []byte { return []byte{0xC0 | protocol} }

// testContents: what B-LLI and B-HLI say decides who takes a call, on both sides.
func (s *session) testContents(t *testing.T) {
	ctx := bounded(t)
	bhli, other := []byte{userSpecific, 0xCA, 0xFE}, []byte{userSpecific, 0xBE, 0xEF}
	s.listen(t, peer.Request{QoS: (&traffic{}).qos(), SAP: peer.SAP{L2: iso8802, BHLI: bhli}})
	offers := s.serve(t, client.SAP{BLLI: layer2(iso8802), BHLI: bhli}, 0)
	for _, c := range []struct {
		name string
		l2   uint8
		bhli []byte
		ok   bool
	}{
		{"both match", iso8802, bhli, true},
		{"another B-LLI", hdlcABM, bhli, false},
		{"another B-HLI", iso8802, other, false},
	} {
		err := s.exchange(ctx, (&traffic{blli: layer2(c.l2), bhli: c.bhli}).options(), []int{100}, true)
		if c.ok != (err == nil) || err != nil && cause(err) != causeIncompatible {
			t.Errorf("our call, %s: %v", c.name, err)
		}
		_, err = s.call(ctx, peer.Request{QoS: (&traffic{}).qos(), SAP: peer.SAP{L2: c.l2, BHLI: c.bhli}, Sizes: []int{100}, Releases: 1})
		refused := s.unusual(t)
		if want := fmt.Sprintf("RELEASE COMPLETE %d", causeIncompatible); c.ok != (err == nil) || c.ok != (len(refused) == 0) ||
			!c.ok && (refused[want] != 1 || len(refused) != 1) {
			t.Errorf("their call, %s: %v; the daemon sent %v, want %s", c.name, err, refused, want)
		}
	}
	all := offers()
	if len(all) != 1 || len(all[0].GetBlli()) != 1 || string(all[0].GetBlli()[0]) != string(layer2(iso8802)) {
		t.Errorf("the offers are %v", all)
	}
	s.awaitEmpty(t)
	t.Logf("B-LLI and B-HLI that match are taken; either that differs is refused by both sides with cause %d", causeIncompatible)
}

// testSizes: SDUs of many sizes both ways, on one call of each side. The two editions of a side have all
// sizes between them.
func (s *session) testSizes(t *testing.T) {
	first := 1
	if s.profile == "uni4.0" {
		first = 2 // and so the largest
	}
	ctx, sizes := bounded(t), everySecond(first)
	if testing.Short() {
		sizes = someSizes()
	}
	s.listen(t, peer.Request{QoS: (&traffic{}).qos()})
	begin := time.Now()
	if err := s.exchange(ctx, (&traffic{}).options(), sizes, true); err != nil {
		t.Fatal(err)
	}
	s.serve(t, client.SAP{}, 0)
	end, err := s.call(ctx, peer.Request{QoS: (&traffic{}).qos(), Sizes: sizes, Releases: 1})
	if err != nil || end.SDUs != len(sizes) {
		t.Fatalf("the guest's call: %+v, %v", end, err)
	}
	s.awaitEmpty(t)
	s.wantUsual(t)
	t.Logf("%d sizes of SDUs from %d to %d octets, there and back on a call of each side: %d octets compared in %.1f s",
		len(sizes), slices.Min(sizes), slices.Max(sizes), 2*sum(sizes), time.Since(begin).Seconds())
}

// testSequence: calls one after another, by each side.
func (s *session) testSequence(t *testing.T) {
	ctx, calls := bounded(t), 100
	if testing.Short() {
		calls = 20
	}
	s.listen(t, peer.Request{QoS: (&traffic{}).qos()})
	s.serve(t, client.SAP{}, 0)
	begin := time.Now()
	for n := range calls {
		if err := s.exchange(ctx, (&traffic{}).options(), []int{n + 1}, true); err != nil {
			t.Fatalf("our call %d: %v", n, err)
		}
	}
	for n := range calls {
		if got, err := s.call(ctx, peer.Request{QoS: (&traffic{}).qos(), Sizes: []int{n + 1}, Releases: 1}); err != nil {
			t.Fatalf("their call %d: %+v, %v", n, got, err)
		}
	}
	s.awaitEmpty(t)
	s.wantUsual(t)
	t.Logf("%d calls in sequence by each side in %.1f s", calls, time.Since(begin).Seconds())
}

// together is how many calls are made at once.
const together = 20

// testTogether: calls at once, by each side.
func (s *session) testTogether(t *testing.T) {
	ctx := bounded(t)
	taken := collisions(s.listen(t, peer.Request{QoS: (&traffic{}).qos()}))
	s.serve(t, client.SAP{}, 0)
	for _, c := range []struct {
		who  string
		call func(n int) error
	}{
		{"we", func(n int) error { return s.exchange(ctx, (&traffic{}).options(), []int{n + 1, largest}, true) }},
		{"they", func(n int) error {
			_, err := s.call(ctx, peer.Request{QoS: (&traffic{}).qos(), Sizes: []int{n + 1, largest}, Releases: 1})
			return err
		}},
	} {
		begin := time.Now()
		errs := make([]error, together)
		var again atomic.Int64
		var all sync.WaitGroup
		for n := range errs {
			all.Go(func() {
				errs[n] = c.call(n)
				for tries := 0; tries < together && s.collided(errs[n]); tries++ {
					again.Add(1)
					errs[n] = c.call(n)
				}
			})
		}
		all.Wait()
		for n, err := range errs {
			if err != nil {
				t.Errorf("%s make call %d of %d: %v", c.who, n, together, err)
			}
		}
		t.Logf("%s make %d calls at once, %d of them again, in %.1f s", c.who, together, again.Load(), time.Since(begin).Seconds())
		if c.who == "we" {
			// Each was the guest's fault: its kernel says so, one for one.
			eventually(t, "the guest tells of every call that it could not take", func() error {
				if n := taken.Load(); n != again.Load() {
					return fmt.Errorf("%d of %d", n, again.Load())
				}
				return nil
			})
		}
	}
	s.awaitEmpty(t)
	s.wantUsual(t)
}

// collided reports whether the guest has failed a call by itself. As the network side its atmsigd finds a
// free VCI by opening a VC there and closing it, and two calls at once can find the same one: one of
// them ends in the guest with "address already in use" (for its own caller), or call rejected (for
// ours).
func (s *session) collided(err error) bool {
	const callRejected = 21
	return s.role == "user" && err != nil &&
		(cause(err) == callRejected || strings.Contains(err.Error(), inUse))
}

// testLoss: every seventh SSCOP PDU of each direction is lost, and no call with it.
func (s *session) testLoss(t *testing.T) {
	const every = 7
	ctx, calls := bounded(t), 12
	if testing.Short() {
		calls = 6
	}
	s.listen(t, peer.Request{QoS: (&traffic{}).qos()})
	s.serve(t, client.SAP{}, 0)
	s.wire.LoseEvery(every)
	begin := time.Now()
	for n := range calls {
		if err := s.exchange(ctx, (&traffic{}).options(), []int{n + 1}, true); err != nil {
			t.Fatalf("our call %d: %v", n, err)
		}
		if got, err := s.call(ctx, peer.Request{QoS: (&traffic{}).qos(), Sizes: []int{n + 1}, Releases: 1}); err != nil {
			t.Fatalf("their call %d: %+v, %v", n, got, err)
		}
	}
	s.awaitEmpty(t)
	pdus, lost := s.wire.LoseEvery(0)
	if lost < pdus/every-2 || lost == 0 {
		t.Errorf("%d of %d PDUs were lost", lost, pdus)
	}
	s.awaitLink(t)
	t.Logf("%d calls by each side while %d of %d SSCOP PDUs were lost, in %.1f s", calls, lost, pdus, time.Since(begin).Seconds())
}

// testRestart: the guest's atmsigd dies under a call and comes again.
func (s *session) testRestart(t *testing.T) {
	ctx := bounded(t)
	s.listen(t, peer.Request{QoS: (&traffic{}).qos()})
	v, err := s.conn.Call(ctx, theirs, (&traffic{}).options())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.converse(v, []int{100}); err != nil {
		t.Error(err)
	}
	begin := time.Now()
	s.rig.run(t, "kill -9 $(cat /tmp/sigd.pid)")
	s.rig.run(t, s.variables+startSigd)
	select {
	case <-v.Released():
	case <-ctx.Done():
		t.Error("the call survives the death of the other side's signalling")
	}
	t.Logf("atmsigd is killed and started again: the standing call ends after %.1f s: %v", time.Since(begin).Seconds(), v.Err())
	if err := v.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	s.awaitLink(t)
	s.awaitEmpty(t)
	s.listen(t, peer.Request{QoS: (&traffic{}).qos()})
	if err := s.exchange(ctx, (&traffic{}).options(), []int{100}, true); err != nil {
		t.Errorf("our call afterwards: %v", err)
	}
	s.serve(t, client.SAP{}, 0)
	if got, err := s.call(ctx, peer.Request{QoS: (&traffic{}).qos(), Sizes: []int{100}, Releases: 1}); err != nil {
		t.Errorf("their call afterwards: %+v, %v", got, err)
	}
	s.awaitEmpty(t)
	if out := s.rig.run(t, "ps"); !strings.Contains(out, "atmsigd") {
		t.Errorf("atmsigd has died: %s", out)
	}
}
