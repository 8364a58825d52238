package e2e_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"callmanager/config"
	"callmanager/lab"
)

// measured is what the verbs of `cmctl bench --json` say of SDUs.
type measured struct {
	Verb     string `json:"verb"`
	Accepted uint64 `json:"accepted_sdus"`
	Sent     uint64 `json:"sent_sdus"`
	Back     uint64 `json:"received_sdus"`
	Lost     uint64 `json:"lost_sdus"`
	Received struct {
		SDUs    uint64 `json:"sdus"`
		Lost    uint64 `json:"lost_sdus"`
		Damaged uint64 `json:"damaged_sdus"`
	} `json:"received"`
	Trip struct {
		P50 float64 `json:"p50_us"`
		Max float64 `json:"max_us"`
	} `json:"round_trip"`
	Connected uint64 `json:"connected_calls"`
	Released  uint64 `json:"released_calls"`
	Failed    uint64 `json:"failed_calls"`
}

// TestBenchVerbs is `cmctl bench` between two hosts, also over a UNI that carries less in SETUP: both ends tell the
// same, and nothing is left.
func TestBenchVerbs(t *testing.T) {
	t.Parallel()
	for name, profile := range map[string]config.Profile{"UNI 4.0": 0, "UNI 3.1": config.ProfileUNI31} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alice, bob := pair(t, lab.Config{Profile: profile, Capacity: "1Gbit/s"})
			testBenchVerbs(t, alice, bob)
		})
	}
}

func testBenchVerbs(t *testing.T, alice, bob *lab.Host) {
	t.Helper()
	sink := cmctl(t, bob, nil, "bench", "sink", "--json")
	watch := dial(t, bob)
	eventually(t, "the sink has its SAPs", func() error {
		saps, err := watch.SAPs(t.Context())
		if err == nil && len(saps) != 3 {
			err = errors.New("not yet: " + sink.err.String())
		}
		return err
	})
	run := func(args ...string) measured {
		t.Helper()
		return decode[measured](t, output(t, alice, append([]string{"bench"}, args...)...))
	}
	source := run("source", "--json", "--rate", "5Mbit/s", "--size", "64-9180", "--duration", "400ms", "bob")
	if r := source.Received; source.Accepted == 0 || source.Sent != source.Accepted || r.SDUs+r.Lost != source.Accepted || r.SDUs == 0 || r.Damaged != 0 {
		t.Errorf("the source says %+v", source)
	}
	rtt := run("rtt", "--json", "--count", "100", "--interval", "2ms", "bob")
	if rtt.Sent != 100 || rtt.Back+rtt.Lost != 100 || rtt.Back == 0 || rtt.Trip.P50 <= 0 || rtt.Trip.Max < rtt.Trip.P50 {
		t.Errorf("the round trips are %+v", rtt)
	}
	calls := run("calls", "--json", "--outstanding", "8", "--duration", "300ms", "bob")
	if calls.Connected == 0 || calls.Released != calls.Connected || calls.Failed != 0 {
		t.Errorf("the calls are %+v", calls)
	}
	cmctl(t, alice, strings.NewReader("a stranger"), "call", "bob").want(1, "incompatible destination (cause 88)")
	eventually(t, "the sink has taken notice of the end of all calls", func() error {
		vcs, err := watch.VCs(t.Context())
		if err == nil && len(vcs) != 0 {
			err = fmt.Errorf("%d VCs", len(vcs))
		}
		return err
	})
	sink.signal(unix.SIGINT)
	sink.want(0)
	lines := strings.Split(strings.TrimSpace(sink.out.String()), "\n")
	if len(lines) != 3 {
		t.Fatalf("the sink printed %q", lines)
	}
	if s := decode[measured](t, lines[0]); s.Verb != "source" || s.Sent != source.Accepted || s.Received.SDUs != source.Received.SDUs {
		t.Errorf("the sink says %+v of the source's %+v", s, source)
	}
	if s := decode[measured](t, lines[1]); s.Verb != "rtt" || s.Received.SDUs < rtt.Back {
		t.Errorf("the sink says %+v of the round trips %+v", s, rtt)
	}
	if total := decode[struct {
		Calls uint64 `json:"setup_calls"`
	}](t, lines[2]); total.Calls != calls.Connected {
		t.Errorf("the sink has counted %d calls of %d", total.Calls, calls.Connected)
	}
	awaitEmpty(t, alice, bob)
}
