package e2e_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"callmanager/config"
	"callmanager/lab"
)

// TestTransmitByXDP makes a call between daemons that transmit by AF_XDP, and says so; with an MTU
// beyond a page they go on by AF_PACKET, and say why.
func TestTransmitByXDP(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{Transmit: config.TransmitXDP})
	call := func(text string) {
		t.Helper()
		callee := listening(t, bob, nil)
		cmctl(t, alice, strings.NewReader(text), "call", "bob").wantOut("")
		callee.wantOut(text)
	}
	wantLog := func(h *lab.Host, parts ...string) {
		t.Helper()
		eventually(t, "a line in the log", func() error {
			b, err := os.ReadFile(h.Log())
			for _, part := range parts {
				if !strings.Contains(string(b), part) {
					err = errors.Join(err, fmt.Errorf("the log of %s lacks %q:\n%s", h.Name, part, b))
				}
			}
			return err
		})
	}
	watch := dial(t, alice)
	frames := func() uint64 { return counter(linkOf(t, watch).GetCounters(), "nic_tx_xdp_frames") }
	wantLog(alice, "data leaves by xdp")
	call("straight to the NIC\n")
	before := frames()
	if before == 0 {
		t.Error("no frame left by AF_XDP")
	}
	for _, h := range []*lab.Host{alice, bob} {
		ip(t, h, "link", "set", "eth0", "mtu", "9000")
		wantLog(h, "data leaves by packet", "do not fit a page")
	}
	call("through the queue\n")
	if after := frames(); after != before {
		t.Errorf("%d frames left by AF_XDP", after-before)
	}
	awaitEmpty(t, alice, bob)
}
