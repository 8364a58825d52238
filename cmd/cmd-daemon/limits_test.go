package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/config"
	"callmanager/signalling/quota"
)

// TestDefaultLimits proves that the configuration shows the defaults of who refuses.
func TestDefaultLimits(t *testing.T) {
	cfg, err := config.Parse("empty", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := limitsOf(&cfg.Limits), (quota.Limits{}).WithDefaults(); got != want {
		t.Errorf("the configuration has %+v, the call manager %+v", got, want)
	}
	if int64(cfg.Limits.Clients) != quota.Clients.Default() || int64(cfg.Limits.UserClients) != quota.UserClients.Default() {
		t.Errorf("the configuration has %+v, not what the server has", cfg.Limits)
	}
}

// TestConfiguredLimits proves that what the file says bounds what a client gets, that a refusal says where it
// is set, and that the status counts it.
func TestConfiguredLimits(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, or CAP_NET_RAW, for packet sockets")
	}
	socket := filepath.Join(t.TempDir(), "cmd.sock")
	config := write(t, fmt.Sprintf("[daemon]\nsocket = %q\n[limits]\nvcs = 2\nsaps = 1\n%s", socket, oneLink))
	log, stop := daemonUnder(t, config)
	defer stop()
	c := dial(t, socket, log)
	refused := func(err error, words string) {
		t.Helper()
		e, ok := errors.AsType[*client.Error](err)
		if !ok || e.Status != cmdpb.Status_RESOURCES || !strings.Contains(e.Detail, words) {
			t.Errorf("the answer is %v, want RESOURCES and %q", err, words)
		}
	}
	for range 2 {
		if _, err := c.CreateVC(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.CreateVC(t.Context())
	refused(err, "2 VCs (vcs below [limits] in the daemon's configuration)")
	if _, err := c.RegisterSAP(t.Context(), client.SAP{}); err != nil {
		t.Fatal(err)
	}
	selector := uint8(1)
	_, err = c.RegisterSAP(t.Context(), client.SAP{Selector: &selector})
	refused(err, "1 SAPs (saps below [limits] in the daemon's configuration)")
	s, err := c.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]uint64{}
	for _, n := range s.GetCounters() {
		got[n.GetName()] = n.GetValue()
	}
	for name, want := range map[string]uint64{
		"limited_vcs": 1, "limited_vcs_per_user": 0, "limited_saps": 1, "limited_parties": 0, "limited_calls_in_progress": 0,
		"limited_backlog": 0, "limited_ring_memory": 0, "limited_clients": 0, "limited_clients_per_user": 0,
	} {
		if n, ok := got[name]; !ok || n != want {
			t.Errorf("%s is %d (%v), want %d", name, n, ok, want)
		}
	}
}
