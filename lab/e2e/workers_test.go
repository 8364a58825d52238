package e2e_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"testing"

	"callmanager/client"
	"callmanager/lab"
)

// TestWorkers has daemons with several workers carry many calls both ways at once: the SDUs of each come whole and
// in order, every worker has a part of it, and calls end with nothing lost. Then the NIC is made anew under the
// calls, whose data goes on with all workers.
func TestWorkers(t *testing.T) {
	t.Parallel()
	l := prepare(t, lab.Config{})
	alice, bob := l.Hosts()[0], l.Hosts()[1]
	for _, h := range l.Hosts() {
		configureBelow(t, h, "[daemon]\n", "workers = 3\nbusy_poll = \"50us\"\n")
		start(t, h)
	}
	awaitLinks(t, l)
	a, b := dial(t, alice), dial(t, bob)
	const calls, sdus, credit = 9, 300, 32
	var calling, called [calls]*client.VC
	for i := range calls {
		calling[i], called[i] = mustConnect(t, a, b, bob, byte(i+1), reserve(1e6))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	var work sync.WaitGroup
	stream := func(from, to *client.VC) {
		tokens := make(chan struct{}, credit)
		work.Go(func() {
			for i := range uint32(sdus) {
				select {
				case tokens <- struct{}{}:
				case <-ctx.Done():
					return
				}
				payload := binary.BigEndian.AppendUint32(make([]byte, 0, 1000), i)
				if err := from.Send(ctx, client.SDU{Payload: payload[:4+i*37%900]}); err != nil {
					t.Error(err)
					cancel()
					return
				}
			}
		})
		work.Go(func() {
			buf := make([]byte, to.MaxReceive())
			for i := range uint32(sdus) {
				s, err := to.Recv(ctx, buf)
				if err != nil || len(s.Payload) != int(4+i*37%900) || binary.BigEndian.Uint32(s.Payload) != i {
					t.Errorf("SDU %d came as %d octets: %v", i, len(s.Payload), err)
					cancel()
					return
				}
				<-tokens
			}
		})
	}
	for i := range calls {
		stream(calling[i], called[i])
		stream(called[i], calling[i])
	}
	work.Wait()
	for name, c := range map[string]*client.Conn{"alice": a, "bob": b} {
		counters := linkOf(t, c).GetCounters()
		for w := range 3 {
			for _, of := range []string{"rx_frames", "tx_sdus"} {
				if counter(counters, fmt.Sprintf("worker_%d_%s", w, of)) == 0 {
					t.Errorf("worker %d of %s has no %s", w, name, of)
				}
			}
		}
		if n := counter(counters, "rx_drop_wrong_worker"); n != 0 {
			t.Errorf("%d frames came to the wrong worker", n)
		}
	}
	if t.Failed() {
		return
	}
	ip(t, alice, "link", "del", "eth0")
	awaitLink(t, a, "down", "interface eth0 does not exist")
	awaitLink(t, b, "down", "interface eth0 does not exist")
	join(t, alice, bob)
	for range 3 { // And goes down and up.
		awaitLink(t, a, "up", "")
		awaitLink(t, b, "up", "")
		for i := range calls {
			wantFlow(t, calling[i], called[i])
		}
		ip(t, bob, "link", "set", "eth0", "down")
		awaitLink(t, b, "down", "administratively down")
		ip(t, bob, "link", "set", "eth0", "up")
	}
	awaitLink(t, a, "up", "")
	awaitLink(t, b, "up", "")
	for i := range calls {
		finish(t, calling[i], called[i])
	}
	awaitEmpty(t, alice, bob)
}
