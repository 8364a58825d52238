package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"callmanager/client"
	"callmanager/lab"
)

// ip runs ip in a host's namespace.
func ip(t *testing.T, h *lab.Host, args ...string) {
	t.Helper()
	runIP(t, append([]string{"-n", h.Netns}, args...)...)
}

// wantFlow sends on a call both ways until something arrives each way: what was sent while the link was down is lost.
// Nothing is left to be sent when it returns: a release by the other side would drop that, and Close tell of it.
func wantFlow(t *testing.T, a, b *client.VC) {
	t.Helper()
	const last = "the last"
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	for _, dir := range [][2]*client.VC{{a, b}, {b, a}} {
		from, to := dir[0], dir[1]
		first, all := make(chan error, 1), make(chan error, 1)
		go func() {
			buf := make([]byte, to.MaxReceive())
			s, err := to.Recv(ctx, buf)
			first <- err
			for err == nil && string(s.Payload) != last {
				s, err = to.Recv(ctx, buf)
			}
			all <- err
		}()
		eventually(t, "data arrive", func() error {
			if err := from.Send(ctx, client.SDU{Payload: []byte("still here")}); err != nil {
				t.Fatal(err)
			}
			select {
			case err := <-first:
				return err
			default:
				return fmt.Errorf("not yet")
			}
		})
		if err := errors.Join(from.Send(ctx, client.SDU{Payload: []byte(last)}), <-all); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLinkFlap: a link that goes down and comes back says why it is down, and its calls survive it.
func TestLinkFlap(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	a, b := dial(t, alice), dial(t, bob)
	calling, called := mustConnect(t, a, b, bob, 1, reserve(1e6))
	wantFlow(t, calling, called)
	for _, down := range []*lab.Host{alice, bob} {
		ip(t, down, "link", "set", "eth0", "down")
		for _, h := range []*lab.Host{alice, bob} {
			c := map[*lab.Host]*client.Conn{alice: a, bob: b}[h]
			reason := "no carrier"
			if h == down {
				reason = "administratively down"
			}
			awaitLink(t, c, "down", reason)
			if s := output(t, h, "status"); !strings.Contains(s, reason) {
				t.Errorf("the status of %s does not say %q: %s", h.Name, reason, s)
			}
		}
		if _, err := a.Call(t.Context(), bob.Address, nil); err == nil || !strings.Contains(err.Error(), "down") {
			t.Errorf("a call over a link that is down: %v", err)
		}
		ip(t, down, "link", "set", "eth0", "up")
		awaitLink(t, a, "up", "")
		awaitLink(t, b, "up", "")
		awaitCalls(t, a, 1)
		awaitCalls(t, b, 1)
		wantFlow(t, calling, called)
	}
	// It flaps so fast that nobody notices in order.
	for range 20 {
		ip(t, alice, "link", "set", "eth0", "down")
		ip(t, alice, "link", "set", "eth0", "up")
	}
	awaitLink(t, a, "up", "")
	awaitLink(t, b, "up", "")
	wantFlow(t, calling, called)
	if calling.Err() != nil || called.Err() != nil {
		t.Errorf("the call ended: %v, %v", calling.Err(), called.Err())
	}
	finish(t, calling, called)
	awaitEmpty(t, alice, bob)
}

// TestDownTooLong: calls end when the link is down for longer than T309, on both sides, and it can be used again.
func TestDownTooLong(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	calling, called := mustConnect(t, dial(t, alice), dial(t, bob), bob, 1, reserve(1e6))
	ip(t, alice, "link", "set", "eth0", "down")
	for name, v := range map[string]*client.VC{"calling": calling, "called": called} {
		timer := time.NewTimer(2 * patience)
		select {
		case <-v.Released():
		case <-timer.C:
			t.Fatalf("the %s side outlives T309", name)
		}
		timer.Stop()
		if err := v.Err(); err == nil || !strings.Contains(err.Error(), "(cause 27)") {
			t.Errorf("the %s side ended with %v, want cause 27", name, err)
		}
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	}
	ip(t, alice, "link", "set", "eth0", "up")
	awaitEmpty(t, alice, bob)
}

// join makes the wire between two hosts anew.
func join(t *testing.T, alice, bob *lab.Host) {
	t.Helper()
	ip(t, alice, "link", "add", "eth0", "address", alice.MAC, "type", "veth", "peer", "name", "eth0", "netns", bob.Netns, "address", bob.MAC)
	ip(t, bob, "link", "set", "eth0", "up")
	ip(t, alice, "link", "set", "eth0", "up")
}

// TestNICReplaced: a NIC that is deleted and made again under its name, as hot-plugging does, is used again.
func TestNICReplaced(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	a, b := dial(t, alice), dial(t, bob)
	calling, called := mustConnect(t, a, b, bob, 1, reserve(1e6))
	for range 2 {
		ip(t, alice, "link", "del", "eth0")
		awaitLink(t, a, "down", "interface eth0 does not exist")
		awaitLink(t, b, "down", "interface eth0 does not exist")
		join(t, alice, bob)
		awaitLink(t, a, "up", "")
		awaitLink(t, b, "up", "")
		wantFlow(t, calling, called)
	}
	// Renamed away and back.
	ip(t, bob, "link", "set", "eth0", "down")
	ip(t, bob, "link", "set", "eth0", "name", "other0")
	awaitLink(t, b, "down", "interface eth0 does not exist")
	ip(t, bob, "link", "set", "other0", "name", "eth0")
	ip(t, bob, "link", "set", "eth0", "up")
	awaitLink(t, b, "up", "")
	awaitLink(t, a, "up", "")
	wantFlow(t, calling, called)
	finish(t, calling, called)
	awaitEmpty(t, alice, bob)
}

// TestNICAbsent: a daemon whose NIC is not there yet starts, says so, and uses it when it comes.
func TestNICAbsent(t *testing.T) {
	t.Parallel()
	l := prepare(t, lab.Config{})
	alice, bob := l.Hosts()[0], l.Hosts()[1]
	ip(t, alice, "link", "del", "eth0")
	start(t, alice)
	start(t, bob)
	a, b := dial(t, alice), dial(t, bob)
	awaitLink(t, a, "down", "interface eth0 does not exist")
	if s := output(t, alice, "status"); !strings.Contains(s, "0 of 1 up") || !strings.Contains(s, "interface eth0 does not exist") {
		t.Errorf("status is %q", s)
	}
	cmctl(t, alice, nil, "call", "bob").want(1, "interface eth0 does not exist")
	join(t, alice, bob)
	awaitLink(t, a, "up", "")
	calling, called := mustConnect(t, a, b, bob, 1, nil)
	wantFlow(t, calling, called)
	finish(t, calling, called)
	awaitEmpty(t, alice, bob)
}

// TestMTU: the largest SDU follows the MTU, in the lists and in new calls; jumbo frames work.
func TestMTU(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	a, b := dial(t, alice), dial(t, bob)
	for _, mtu := range []int{1500, 9000, 700} {
		for _, h := range []*lab.Host{alice, bob} {
			ip(t, h, "link", "set", "eth0", "mtu", fmt.Sprint(mtu))
		}
		want := mtu - 8
		for _, c := range []*client.Conn{a, b} {
			eventually(t, fmt.Sprintf("an MTU of %d is seen", mtu), func() error {
				if l := linkOf(t, c); int(l.GetMaxSdu()) != want || l.GetState() != "up" {
					return fmt.Errorf("largest SDU %d, link %s", l.GetMaxSdu(), l.GetState())
				}
				return nil
			})
		}
		calling, called := mustConnect(t, a, b, bob, 1, nil)
		if calling.MaxSend() != want || called.MaxReceive() != want {
			t.Errorf("MTU %d: a call sends up to %d and receives %d octets, want %d", mtu, calling.MaxSend(), called.MaxReceive(), want)
		}
		for _, dir := range [][2]*client.VC{{calling, called}, {called, calling}} {
			if err := dir[0].Send(t.Context(), client.SDU{Payload: make([]byte, want)}); err != nil {
				t.Fatal(err)
			}
			if s, err := dir[1].Recv(t.Context(), make([]byte, want)); err != nil || len(s.Payload) != want {
				t.Errorf("MTU %d: received %d octets, %v", mtu, len(s.Payload), err)
			}
			if err := dir[0].Send(t.Context(), client.SDU{Payload: make([]byte, want+1)}); err == nil {
				t.Errorf("MTU %d: an SDU of %d octets can be sent", mtu, want+1)
			}
		}
		finish(t, calling, called)
	}
	awaitEmpty(t, alice, bob)
}
