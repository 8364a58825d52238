package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/nicio/mem"
)

// benchSAPs is how many SAPs a sink has.
const benchSAPs = 3

// sink starts a sink.
func (h *host) sink(args ...string) *program {
	h.t.Helper()
	return h.serve(benchSAPs, nil, nil, append([]string{"bench", "sink"}, args...)...)
}

// wantShape waits for the end and checks the exit code and the form of the output.
func (p *program) wantShape(code int, form string, words ...string) {
	p.t.Helper()
	p.want(code, p.outAtEnd(), words...)
	if !regexp.MustCompile(form).MatchString(p.out.String()) {
		p.t.Errorf("cmctl %v: printed\n%swant %s", p.args, p.out.String(), form)
	}
}

// outAtEnd waits for the end and returns the output.
func (p *program) outAtEnd() string {
	p.t.Helper()
	p.wait()
	return p.out.String()
}

// What each verb prints, and the sink of each.
func TestBench(t *testing.T) {
	alice, bob := startHosts(t)
	sink := bob.sink()
	for _, tc := range []struct{ args, form string }{
		{
			"source --duration 100ms bob",
			`^STAGE +SDUS +OCTETS +TIME +RATE\noffered +\d+ +- +\d+ms +-\naccepted by the ring +\d+ +\d+ +\d+ms +\S+bit/s\n` +
				`sent +\d+ +- +- +-\nreceived +\d+ +\d+ +\S+ +\S+bit/s\n` +
				`lost \d+ \(\S+ %\), reordered 0 \(deepest 0\), duplicates 0, damaged 0\ndelay variation: p50 \S+  p90 \S+  p99 \S+  p99.9 \S+  max \S+\n$`,
		},
		{"source --duration 100ms --rate 10Mbit/s --size 64-9180 bob", `\nlost 0 \(0 %\), reordered 0 \(deepest 0\), duplicates 0, damaged 0\n`},
		{"source --duration 100ms --rate 1Mbit/s --size 24 bob", `\nlost 0 \(0 %\)`},
		{"source --duration 50ms --rate 100Mbit/s --size 65535 bob", `\nlost 0 \(0 %\)`},
		{"source --duration 50ms --rate 1Mbit/s --sel a7 bob", `\nlost 0 \(0 %\)`},
		{
			"rtt --interval 1ms --count 20 bob",
			`^TIME OF +COUNT +MIN +MEAN +P50 +P90 +P99 +P99.9 +MAX\nround trip +20 +( +\S+s){7}\n20 SDUs of 64 octets sent in \S+: lost 0 \(0 %\), reordered 0, duplicates 0, damaged 0\n$`,
		},
		{"rtt --interval 0 --count 20 --size 65535 bob", `\n20 SDUs of 65535 octets .* lost 0 `},
		{
			"calls --duration 100ms --outstanding 4 bob",
			`^TIME OF .*\nset-up +\d+ +( +\S+s){7}\nrelease +\d+ +( +\S+s){7}\n\d+ calls offered in \S+, \d+ begun, \d+ connected \(\S+( k)? /s\), \d+ released, 0 failed, 0 aborted\n$`,
		},
		{"calls --duration 100ms --rate 100 --hold 10ms bob", `\n[1-9]\d+ calls offered in \S+, \d+ begun, \d+ connected \(\S+ /s\), \d+ released, 0 failed, 0 aborted\n$`},
	} {
		alice.run(nil, append([]string{"bench"}, strings.Fields(tc.args)...)...).wantShape(0, tc.form)
	}
	eventually(t, "all lines are there", func() error {
		if n := strings.Count(sink.out.String(), "\n"); n != 7 {
			return fmt.Errorf("%d are", n)
		}
		return nil
	})
	sink.stop()
	sink.wantShape(0, `^(source from 49\S+: \d+ SDUs, \d+ octets in \S+, \S+bit/s: lost \d+ \(\S+ %\), reordered 0 \(deepest 0\), duplicates 0, damaged 0; delay variation p50 \S+ p99 \S+ max \S+\n){5}`+
		`(rtt from 49\S+: 20 SDUs, .*\n){2}5 calls of source, 2 of rtt, \d+ of calls in \S+; \d+ SDUs, \d+ octets; 0 refused, 0 failed\n$`)
	awaitEmpty(t, alice, bob)
}

// The keys are these and no others: scripts live on them. Each tells its unit.
func TestBenchJSON(t *testing.T) {
	alice, bob := startHosts(t)
	sink := bob.sink("--json", "--count", "4")
	times := func(prefix string) (keys []string) {
		for _, k := range []string{"max_us", "mean_us", "min_us", "p50_us", "p90_us", "p99_9_us", "p99_us"} {
			keys = append(keys, prefix+"."+k)
		}
		return keys
	}
	outcome := append(times("received.delay_variation"),
		"received.bit_per_s", "received.damaged_sdus", "received.deepest_reordering_sdus", "received.duplicate_sdus", "received.duration_ms",
		"received.loss_ratio", "received.lost_sdus", "received.octets", "received.reordered_sdus", "received.sdus")
	sunk := append([]string{"calling", "ended", "link", "sent_sdus", "verb"}, outcome...)
	callKeys := slices.Concat([]string{
		"aborted_calls", "asked_calls_per_s", "begun_calls", "connected_calls", "connected_calls_per_s", "destination", "duration_ms", "failed_calls",
		"failures", "hold_ms", "offered_calls", "outstanding_calls", "released_calls", "verb",
	}, times("setup"), times("release"))
	want := func(text, verb string, keys []string) map[string]any {
		t.Helper()
		var object map[string]any
		if err := json.Unmarshal([]byte(text), &object); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		slices.Sort(keys)
		if diff := cmp.Diff(keys, keysOf("", object)); diff != "" {
			t.Errorf("keys of %s (-want +got):\n%s", verb, diff)
		}
		if object["verb"] != verb {
			t.Errorf("the verb is %v, want %s", object["verb"], verb)
		}
		return object
	}
	run := func(args ...string) string {
		t.Helper()
		p := alice.run(nil, append([]string{"bench"}, append(args, "--json")...)...)
		p.want(0, p.out.String())
		return p.out.String()
	}
	source := want(run("source", "--duration", "50ms", "--rate", "1Mbit/s", "bob"), "source", append([]string{
		"accepted_bit_per_s", "accepted_octets", "accepted_sdus", "asked_bit_per_s", "destination", "dropped_sdus", "duration_ms", "ended", "link",
		"max_size_octets", "min_size_octets", "offered_sdus", "pcr_cells_per_s", "sent_sdus", "verb",
	}, outcome...))
	if source["accepted_sdus"] != source["sent_sdus"] || source["accepted_sdus"] != source["received"].(map[string]any)["sdus"] {
		t.Errorf("the figures differ: %v", source)
	}
	want(run("rtt", "--count", "3", "--interval", "0", "bob"), "rtt", append([]string{
		"damaged_sdus", "destination", "duplicate_sdus", "duration_ms", "ended", "interval_ms", "link", "loss_ratio", "lost_sdus", "received_sdus",
		"reordered_sdus", "sent_sdus", "size_octets", "verb",
	}, times("round_trip")...))
	for range 2 {
		want(run("calls", "--rate", "0.1", "--duration", "300ms", "bob"), "calls", callKeys)
	}
	lines := strings.SplitAfter(sink.outAtEnd(), "\n")
	if sink.want(0, sink.out.String()); len(lines) != 4 || lines[3] != "" {
		t.Fatalf("the sink printed %q", lines)
	}
	if o := want(lines[0], "source", sunk); o["sent_sdus"] != source["sent_sdus"] || o["calling"] != alice.address {
		t.Errorf("the sink says %v", o)
	}
	if o := want(lines[1], "rtt", sunk); o["sent_sdus"] != nil {
		t.Errorf("the sink says %v", o)
	}
	total := want(lines[2], "sink", []string{
		"duration_ms", "failed_calls", "received_octets", "received_sdus", "refused_calls", "rtt_calls", "setup_calls", "source_calls", "verb",
	})
	if total["source_calls"] != 1.0 || total["rtt_calls"] != 1.0 || total["setup_calls"] != 2.0 || total["received_sdus"] != source["sent_sdus"].(float64)+3 {
		t.Errorf("the total is %v", total)
	}
	// Without a sink every call fails, and why is in the object.
	p := alice.run(nil, "bench", "calls", "--json", "--rate", "0.1", "--duration", "300ms", "bob")
	p.want(1, p.out.String(), "bench calls: 1 of 1 calls failed")
	failed := want(p.out.String(), "calls", callKeys)
	if f := failed["failures"].([]any)[0].(map[string]any); f["phase"] != "setup" || f["cause"] != 88.0 || f["calls"] != 1.0 {
		t.Errorf("the failures are %v", failed["failures"])
	}
	awaitEmpty(t, alice, bob)
}

// What a wire loses is found and told at both ends alike.
func TestBenchBadWire(t *testing.T) {
	alice, bob := startHosts(t)
	sink := bob.sink("--json", "--count", "2")
	alice.wire.SetFaults(mem.Faults{Loss: 0.03, Duplicate: 0.03})
	p := alice.run(nil, "bench", "source", "--json", "--duration", "300ms", "--rate", "20Mbit/s", "bob")
	p.want(0, p.out.String())
	trips := alice.run(nil, "bench", "rtt", "--json", "--interval", "1ms", "--count", "300", "bob")
	trips.want(0, trips.out.String())
	alice.wire.SetFaults(mem.Faults{})
	type outcome struct {
		SDUs int `json:"sdus"`
		Lost int `json:"lost_sdus"`
	}
	var source, sunk struct {
		Accepted int     `json:"accepted_sdus"`
		Received outcome `json:"received"`
	}
	var rtt struct {
		Sent     int `json:"sent_sdus"`
		Received int `json:"received_sdus"`
		Lost     int `json:"lost_sdus"`
	}
	first, _, _ := strings.Cut(sink.outAtEnd(), "\n")
	for text, into := range map[string]any{p.out.String(): &source, trips.out.String(): &rtt, first: &sunk} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatalf("%v in %q", err, text)
		}
	}
	if r := source.Received; r.SDUs+r.Lost != source.Accepted || r.Lost == 0 || r.SDUs < source.Accepted/2 || r.SDUs != sunk.Received.SDUs {
		t.Errorf("of %d SDUs %+v; the sink says %+v", source.Accepted, r, sunk.Received)
	}
	if rtt.Lost == 0 || rtt.Received+rtt.Lost != rtt.Sent || rtt.Sent != 300 || rtt.Received < 150 {
		t.Errorf("round trips: %+v", rtt)
	}
	awaitEmpty(t, alice, bob)
}

// What cannot be measured is told with the way out.
func TestBenchRefusals(t *testing.T) {
	alice, bob := startHosts(t)
	for _, verb := range []string{"source", "rtt"} {
		alice.run(nil, "bench", verb, "bob").want(1, "", "bench "+verb+": incompatible destination (cause 88)", "is cmctl bench sink running there?")
	}
	alice.run(nil, "bench", "source", "carol").want(1, "", `"carol" is neither a name of [hosts] nor an address`)
	alice.run(nil, "bench", "calls", "--rate", "0.1", "--duration", "300ms", "bob").
		wantShape(1, `set-up +0 +-.*\n(.*\n)*FAILED +IN +CAUSE +REASON\n1 +setup +88 +incompatible destination`, "bench calls: 1 of 1 calls failed")
	sink := bob.sink("--count", "1")
	bob.run(nil, "bench", "sink").want(1, "", "bench sink: client: RegisterSAP: SAP_IN_USE")
	alice.run(strings.NewReader("hello"), "call", "bob").want(1, "", "incompatible destination (cause 88)") // a stranger
	bob.run(nil, "bench", "sink", "--address", alice.address).want(1, "", "bench sink", "no address of this daemon")
	// Beside a sink others listen as ever, and a call that one of them gets is found out before it carries data.
	l := bob.serve(benchSAPs+1, openInput(t), nil, "listen", "--address", bob.address)
	alice.run(strings.NewReader("hello"), "call", "bob").want(0, "")
	l.want(0, "hello")
	// A call of a sink that carries too little.
	l2, err := bob.dial().Listen(t.Context(), client.SAP{Address: bob.address})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		o, err := l2.Accept(t.Context())
		if err == nil {
			_, _ = o.AcceptWith(t.Context(), &cmdpb.Contract{Forward: &cmdpb.Flow{MaxSdu: 100}, Backward: &cmdpb.Flow{MaxSdu: 100}})
		}
	}()
	alice.run(nil, "bench", "source", "bob").want(1, "", "at most 100 octets, and --size asks for 1024")
	if err := l2.Close(); err != nil {
		t.Fatal(err)
	}
	sink.stop()
	sink.wantShape(0, "^0 calls of source")
}

// Who takes a call and says nothing is no sink.
func TestBenchNoSink(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for an answer that never comes")
	}
	t.Parallel()
	alice, bob := startHosts(t)
	l := bob.listen(nil, nil, "--echo")
	alice.run(nil, "bench", "source", "bob").want(1, "", "the call was taken, but by no sink: no answer within 5s: run cmctl bench sink there")
	l.want(0, "")
	awaitEmpty(t, alice, bob)
}

// An interrupt ends each verb in order, and what was measured is told.
func TestBenchInterrupted(t *testing.T) {
	alice, bob := startHosts(t)
	sink := bob.sink("--progress")
	for _, tc := range []struct{ args, form string }{
		{"source --duration 1h --rate 1Mbit/s", `\nreceived +[1-9]\d* .*\nlost 0 `},
		{"source --duration 1h", `\nreceived +[1-9]\d* `},
		{"rtt --count 0 --interval 1ms", `^TIME OF.*\nround trip +[1-9].*\n.*lost 0 `},
		{"rtt --count 0 --interval 1h", `^TIME OF.*\nround trip +1 .*\n1 SDUs `},
		{"calls --duration 1h --hold 1h --outstanding 3", `^TIME OF.*\nset-up +3 .*\nrelease +3 .*\n.* 3 connected .* 3 released, 0 failed, 0 aborted\n$`},
	} {
		p := alice.start(nil, fast, append([]string{"bench"}, append(strings.Fields(tc.args), "--progress", "bob")...)...)
		eventually(t, "something has been measured", func() error {
			if !regexp.MustCompile(`accepted [1-9]|, [1-9]\d* back|3 connected`).MatchString(p.err.String()) {
				return errors.New(p.err.String())
			}
			return nil
		})
		p.stop()
		p.wantShape(0, tc.form, " s  ")
	}
	// The end of the sink ends a measurement, which says so and tells what it knows.
	p := alice.start(nil, fast, "bench", "source", "--progress", "--duration", "1h", "--rate", "1Mbit/s", "bob")
	eventually(t, "something has been sent", func() error {
		if !regexp.MustCompile(`accepted [1-9]`).MatchString(p.err.String()) {
			return errors.New(p.err.String())
		}
		return nil
	})
	sink.stop()
	sink.wait()
	p.wantShape(1, `\nsent +- +- +- +-\nreceived +- +- +- +-\n$`, "bench source: the call was released: normal call clearing (cause 16)")
	awaitEmpty(t, alice, bob)
}

// fast has lines come at once.
func fast(s *streams) { s.patience = 5 * time.Millisecond }

// A terminal shows one line that changes; without one there is none unless it is asked for.
func TestBenchProgress(t *testing.T) {
	alice, bob := startHosts(t)
	sink := bob.serve(benchSAPs, nil, func(s *streams) { fast(s); s.terminal = true }, "bench", "sink", "--count", "1")
	p := alice.start(nil, func(s *streams) { fast(s); s.terminal = true }, "bench", "source", "--duration", "100ms", "bob")
	if p.wait(); !regexp.MustCompile(`\r\d+ s  \S+( k)? SDU/s  \S+bit/s  accepted \S+( k)? SDUs +\r`).MatchString(p.err.String()) || strings.Contains(p.err.String(), "\n") {
		t.Errorf("the source showed %q", p.err.String())
	}
	if sink.wait(); !regexp.MustCompile(`\r\d+ s  \S+( k)? SDU/s.*  1 calls, 0 before +\r +\r`).MatchString(sink.err.String()) {
		t.Errorf("the sink showed %q", sink.err.String())
	}
	alice.start(nil, fast, "bench", "calls", "--duration", "100ms", "bob").wantShape(1, "FAILED", "cmctl: bench calls: ")
}

// A sink whose output is gone ends with 1 and its calls in order.
func TestBenchBrokenOutput(t *testing.T) {
	alice, bob := startHosts(t)
	sink := bob.serve(benchSAPs, nil, func(s *streams) { s.out = &brokenWriter{} }, "bench", "sink")
	alice.run(nil, "bench", "rtt", "--count", "1", "bob").wantShape(0, "lost 0")
	sink.want(1, "", "bench sink: broken pipe")
	awaitEmpty(t, alice, bob)
}
