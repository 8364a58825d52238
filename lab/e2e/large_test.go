package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/lab"
	"callmanager/vc"
)

// TestLargeSDUs: an SDU that fits no frame of the NIC goes in several, up to the largest of AAL5. A call that
// names no size has that of one frame.
func TestLargeSDUs(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	from, to := dial(t, alice), dial(t, bob)
	calling, called := mustConnect(t, from, to, bob, 1, nil)
	if calling.MaxSend() != 1492 || called.MaxSend() != 1492 {
		t.Errorf("a call of no size has %d and %d octets, want 1492", calling.MaxSend(), called.MaxSend())
	}
	hangUp(t, calling, called)
	for i, most := range []int{1493, 9180, vc.MaxSDULen} {
		flow := &cmdpb.Flow{MaxSdu: uint32(most)}
		calling, called := mustConnect(t, from, to, bob, uint8(2+i), &client.CallOptions{Contract: &cmdpb.Contract{Forward: flow, Backward: flow}})
		if calling.MaxSend() != most || called.MaxSend() != most || calling.Parameters().GetChanged() {
			t.Fatalf("asked for %d octets, in force are %d and %d", most, calling.MaxSend(), called.MaxSend())
		}
		sizes := []int{1, 1492, 1493, most}
		for _, way := range [][2]*client.VC{{calling, called}, {called, calling}} {
			for n, size := range sizes {
				if err := carry(t.Context(), way[0], way[1], n, size); err != nil {
					t.Errorf("of %d octets at most: %v", most, err)
				}
			}
		}
		hangUp(t, calling, called)
	}
	for _, conn := range []*client.Conn{from, to} {
		c := linkOf(t, conn).GetCounters()
		frames, sdus, joined := counter(c, "rx_frames"), counter(c, "rx_sdus"), counter(c, "rx_joined")
		if joined == 0 || frames != sdus+joined {
			t.Errorf("%d frames, %d SDUs, %d joined", frames, sdus, joined)
		}
	}
	awaitEmpty(t, alice, bob)
}

// hangUp ends a call from both sides.
func hangUp(t *testing.T, calling, called *client.VC) {
	t.Helper()
	if err := errors.Join(calling.Close(), called.Close()); err != nil {
		t.Error(err)
	}
}

// carry sends an SDU from one end of a VC to the other and compares.
func carry(ctx context.Context, from, to *client.VC, serial, size int) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	want := bytes.Repeat([]byte{byte(serial), 2, 3, 5, 7, 11, 13}, size/7+1)[:size]
	if err := from.Send(ctx, client.SDU{Payload: want}); err != nil {
		return fmt.Errorf("send %d octets: %w", size, err)
	}
	got, err := to.Recv(ctx, make([]byte, to.MaxReceive()))
	if err != nil {
		return fmt.Errorf("receive %d octets: %w", size, err)
	}
	if !bytes.Equal(got.Payload, want) {
		return fmt.Errorf("sent %d octets, received %d others", size, len(got.Payload))
	}
	return nil
}
