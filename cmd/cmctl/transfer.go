package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"callmanager/client"
)

// transfer is a call between two clients of this process, and what has been exchanged on it.
type transfer struct {
	calling, called *client.VC
	octets          int
	took            time.Duration
}

// channelText names a VC's channel.
func channelText(v *client.VC) string {
	return channel(v.Channel().GetLink(), v.Channel().GetVpi(), v.Channel().GetVci())
}

// hashSize is what an SDU that has room for it begins with: the hash of the rest.
const hashSize = sha256.Size

// underWay is how many SDUs are sent and not back yet at most. They fit in any ring of the call, so
// that on a busy machine a program that does not run for a while delays the others and loses nothing:
// a call has a rate and no flow control. The rate is reached as long as an SDU is back in some 30 ms.
const underWay = 256

// exchange sends SDUs to the called side, which sends each back, and verifies every one on both
// sides.
func (t *transfer) exchange(ctx context.Context) error {
	limit := min(t.calling.MaxSend(), t.called.MaxSend())
	sizes := demoSizes(limit)
	out := make(chan struct{}, underWay)
	began := time.Now()
	err := together(ctx,
		func(ctx context.Context) error { return sendAll(ctx, t.calling, sizes, out) },
		func(ctx context.Context) error { return echoAll(ctx, t.called, sizes) },
		func(ctx context.Context) error {
			return receiveAll(ctx, t.calling, sizes, func(client.SDU) error { <-out; return nil })
		},
	)
	t.took = time.Since(began)
	for _, n := range sizes {
		t.octets += n
	}
	return err
}

// demoSizes returns the sizes of the SDUs: the smallest, the largest, and a mix.
func demoSizes(limit int) []int {
	r := rand.New(rand.NewPCG(1, 2))
	sizes := make([]int, demoSDUs)
	for i := range sizes {
		switch i % 8 {
		case 0:
			sizes[i] = 1 + r.IntN(min(48, limit))
		case 1:
			sizes[i] = limit
		default:
			sizes[i] = 1 + r.IntN(limit)
		}
	}
	sizes[0], sizes[len(sizes)-1] = 1, limit
	return sizes
}

// fill writes SDU number i into p: octets that depend on i, and in front of them, where there is
// room, their hash.
func fill(p []byte, i int) {
	var seed [32]byte
	binary.BigEndian.PutUint64(seed[:], uint64(i))
	body := p
	if len(p) > hashSize {
		body = p[hashSize:]
	}
	_, _ = rand.NewChaCha8(seed).Read(body)
	if len(p) > hashSize {
		sum := sha256.Sum256(body)
		copy(p, sum[:])
	}
}

// sendAll sends the SDUs in order, each when there is room for it among those that are out.
func sendAll(ctx context.Context, v *client.VC, sizes []int, out chan<- struct{}) error {
	buf := make([]byte, v.MaxSend())
	for i, n := range sizes {
		fill(buf[:n], i)
		select {
		case out <- struct{}{}:
		case <-ctx.Done():
			return fmt.Errorf("send SDU %d: %w", i, ctx.Err())
		}
		if err := v.Send(ctx, client.SDU{Payload: buf[:n]}); err != nil {
			return fmt.Errorf("send SDU %d: %w", i, err)
		}
	}
	return nil
}

// echoAll verifies each SDU and sends it back.
func echoAll(ctx context.Context, v *client.VC, sizes []int) error {
	return receiveAll(ctx, v, sizes, func(s client.SDU) error { return v.Send(ctx, s) })
}

// receiveAll receives the SDUs, verifies each, and hands it on.
func receiveAll(ctx context.Context, v *client.VC, sizes []int, next func(client.SDU) error) error {
	buf, want := make([]byte, v.MaxReceive()), make([]byte, v.MaxReceive())
	for i, n := range sizes {
		s, err := v.Recv(ctx, buf)
		if err != nil {
			return fmt.Errorf("receive SDU %d: %w", i, err)
		}
		if err := verify(s.Payload, want[:n], i); err != nil {
			return err
		}
		if err := next(s); err != nil {
			return fmt.Errorf("return SDU %d: %w", i, err)
		}
	}
	return nil
}

// verify compares an SDU with what was sent, by its own hash and octet for octet.
func verify(got, want []byte, i int) error {
	if len(got) != len(want) {
		return fmt.Errorf("SDU %d has %d octets, want %d: SDUs were lost or reordered", i, len(got), len(want))
	}
	if len(got) > hashSize {
		if sum := sha256.Sum256(got[hashSize:]); !bytes.Equal(sum[:], got[:hashSize]) {
			return fmt.Errorf("SDU %d of %d octets: its hash is wrong", i, len(got))
		}
	}
	if fill(want, i); !bytes.Equal(got, want) {
		return fmt.Errorf("SDU %d of %d octets is another than was sent", i, len(got))
	}
	return nil
}

// release closes the call on the calling side and waits for the end on the called side.
func (t *transfer) release(ctx context.Context) error {
	if err := closeVC(ctx, t.calling); err != nil {
		return fmt.Errorf("release: %w", err)
	}
	select {
	case <-t.called.Released():
	case <-ctx.Done():
		return fmt.Errorf("release: the called side was not told: %w", ctx.Err())
	}
	if end, ok := t.called.Err().(*client.Error); !ok || !end.Cause.Normal() { //nolint:errorlint // Err returns this type
		return fmt.Errorf("release: the called side was told: %w", t.called.Err())
	}
	return closeVC(ctx, t.called)
}

// closeVC closes a VC, from which nothing may be lost by that.
func closeVC(ctx context.Context, v *client.VC) error {
	r, err := v.CloseWith(ctx, client.CloseOptions{Linger: client.DefaultLinger})
	if err == nil && r.Dropped > 0 {
		err = fmt.Errorf("%d SDUs were not sent", r.Dropped)
	}
	return err
}
