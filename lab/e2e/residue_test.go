package e2e_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/api/cmdpb"
	"callmanager/lab"
)

// holdings is what a daemon holds, by names.
type holdings map[string]uint64

// holdingsOf counts what a daemon holds for its clients: by its own account, and by that of the kernel.
func holdingsOf(a *agent) holdings {
	s := a.must(cmdpb.Status_SUCCESS, &cmdpb.GetStatus{}).GetDaemonStatus()
	h := holdings{
		"clients": uint64(s.GetClients()), "SAPs": uint64(s.GetSaps()), "VCs": uint64(s.GetVcs()), "calls": uint64(s.GetCalls()),
		"octets of rings": counter(s.GetCounters(), "ring_octets"), "PVCs": counter(s.GetCounters(), "pvcs"),
		"parties": counter(s.GetCounters(), "parties"), "handles": counter(s.GetCounters(), "handles"),
		"faults of the model": counter(s.GetCounters(), "model_faults"),
	}
	for _, l := range a.must(cmdpb.Status_SUCCESS, &cmdpb.List{Kind: cmdpb.ListKind_LINKS}).GetList().GetLinks() {
		h["bit/s reserved"] += l.GetReserved()
		h["calls on links"] += uint64(l.GetCalls())
		for _, name := range heldByLink {
			h[name] += counter(l.GetCounters(), name)
		}
	}
	for _, p := range a.must(cmdpb.Status_SUCCESS, &cmdpb.List{Kind: cmdpb.ListKind_PVCS}).GetList().GetPvcs() {
		if p.GetVc() != 0 {
			h["PVCs in use"]++
		}
	}
	maps.Copy(h, processOf(a.host))
	return h
}

// heldByLink are the counters of a link that are as they were: the timers of calls, and what cannot be.
var heldByLink = []string{"call_timers", "impossible", "sscop_impossible", "bad_requests"}

// descriptorKind finds what a descriptor is in what its link leads to.
var descriptorKind = regexp.MustCompile(`memfd|socket|anon_inode:\[[a-z]+\]|pipe`)

// processOf counts the descriptors of a daemon by their kinds, and its mappings of rings.
func processOf(h *lab.Host) holdings {
	out := holdings{}
	dir := filepath.Join("/proc", strconv.Itoa(h.PID))
	paths, _ := filepath.Glob(filepath.Join(dir, "fd", "*"))
	for _, p := range paths {
		to, err := os.Readlink(p)
		if err != nil { // closed meanwhile
			continue
		}
		kind := descriptorKind.FindString(to)
		if kind == "" {
			kind = to
		}
		out["descriptors of "+kind]++
	}
	text, _ := os.ReadFile(filepath.Join(dir, "maps"))
	out["mappings of rings"] = uint64(strings.Count(string(text), "memfd:"))
	return out
}

// residue notes what daemons hold now. The function that it returns waits until they hold no more than that: no
// client, SAP, VC, call, reservation, ring, mapping or descriptor is left of what has been between.
func residue(t *testing.T, hosts ...*lab.Host) (check func()) {
	t.Helper()
	var watches []*agent
	before := make([]holdings, len(hosts))
	for _, h := range hosts {
		watches = append(watches, enter(t, h))
	}
	for i, w := range watches {
		before[i] = settled(t, w)
	}
	return func() {
		t.Helper()
		for i, w := range watches {
			eventually(t, w.host.Name+" holds no more than before", func() error {
				now := holdingsOf(w)
				if over := now.above(before[i]); len(over) > 0 {
					return fmt.Errorf("more of %s (-before +now):\n%s", strings.Join(over, ", "), cmp.Diff(before[i], now))
				}
				return nil
			})
		}
	}
}

// above names what there is more of than before.
func (h holdings) above(before holdings) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if h[name] > before[name] {
			names = append(names, name)
		}
	}
	return names
}

// settled waits until a daemon has put down what earlier tests have left, so that it does not count as held.
func settled(t *testing.T, w *agent) (h holdings) {
	t.Helper()
	eventually(t, w.host.Name+" is at rest", func() error {
		h = holdingsOf(w)
		for _, name := range []string{"VCs", "calls", "SAPs", "octets of rings", "bit/s reserved", "mappings of rings"} {
			if h[name] != 0 {
				return fmt.Errorf("%d %s", h[name], name)
			}
		}
		return nil
	})
	return h
}
