package e2e_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/lab"
	"callmanager/vc"
)

// fileSize is the size in octets of the file of TestFile.
const fileSize = 20e6

// TestFile sends a file through the programs: it arrives whole though the caller releases right after the last octet.
func TestFile(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	dir := t.TempDir()
	sum := writeRandom(t, filepath.Join(dir, "in"), fileSize)
	t.Run("both ways at once", func(t *testing.T) {
		for _, way := range [][2]*lab.Host{{alice, bob}, {bob, alice}} {
			t.Run(way[0].Name+" calls", func(t *testing.T) {
				t.Parallel()
				sendFile(t, way[0], way[1], filepath.Join(dir, "in"), sum)
			})
		}
	})
	awaitEmpty(t, alice, bob)
}

// sendFile sends a file by the programs.
func sendFile(t *testing.T, from, to *lab.Host, path string, sum [sha256.Size]byte) {
	t.Helper()
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	cmd := command(need(t).cmctl, "--socket", to.Socket(), "listen")
	cmd.Stdout = out
	callee := launch(t, nil, cmd)
	watch := dial(t, to)
	eventually(t, "the SAP stands", func() error {
		if saps, err := watch.SAPs(t.Context()); err != nil || len(saps) == 0 {
			return fmt.Errorf("%d SAPs, %w", len(saps), err)
		}
		return nil
	})
	// cmctl's ring holds 2.7 s of this rate: a listener on a busy machine may not run for as long.
	cmctl(t, from, in, "call", "--pcr", "25Mbit/s", to.Address).wantOut("")
	callee.want(0)
	if n, got := hashOf(t, out.Name()); n != fileSize || got != sum {
		t.Errorf("%d of %d octets arrived; dropped: %s", n, int(fileSize), drops(t, from, to))
	}
}

// writeRandom makes a file of random octets and returns its hash.
func writeRandom(t *testing.T, path string, size int64) [sha256.Size]byte {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	_, err = io.CopyN(io.MultiWriter(f, h), rand.NewChaCha8([32]byte{1}), size)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// hashOf returns the size and the hash of a file.
func hashOf(t *testing.T, path string) (int64, [sha256.Size]byte) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		t.Fatal(err)
	}
	return n, [sha256.Size]byte(h.Sum(nil))
}

// drops names the counters of losses that have counted something.
func drops(t *testing.T, hosts ...*lab.Host) string {
	t.Helper()
	var b bytes.Buffer
	for _, h := range hosts {
		c := dial(t, h)
		links, err := c.Links(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range links {
			for _, k := range l.GetCounters() {
				if k.GetValue() > 0 && (bytes.Contains([]byte(k.GetName()), []byte("drop")) || bytes.Contains([]byte(k.GetName()), []byte("lost"))) {
					fmt.Fprintf(&b, "%s %s=%d ", h.Name, k.GetName(), k.GetValue())
				}
			}
		}
	}
	return b.String()
}

// reserve is a contract with a rate both ways.
func reserve(rate vc.BitRate) *client.CallOptions {
	pcr, err := vc.PCRFor(rate)
	if err != nil {
		panic(err)
	}
	flow := &cmdpb.Flow{Pcr: uint32(pcr)}
	return &client.CallOptions{Contract: &cmdpb.Contract{Category: cmdpb.Category_CBR, Forward: flow, Backward: flow}}
}

// connect makes a call between two clients of this process. The listener takes a selector of its own.
func connect(ctx context.Context, from, to *client.Conn, dest *lab.Host, sel uint8, o *client.CallOptions) (calling, called *client.VC, err error) {
	l, err := to.Listen(ctx, client.SAP{Selector: &sel})
	if err != nil {
		return nil, nil, err
	}
	accepted := make(chan error, 1)
	go func() {
		offer, err := l.Accept(ctx)
		if err == nil {
			called, err = offer.Accept(ctx)
		}
		accepted <- err
	}()
	calling, err = from.Call(ctx, withSelector(dest, sel), o)
	if err != nil {
		_ = l.Close()
		<-accepted
		return nil, nil, err
	}
	err = <-accepted
	return calling, called, errors.Join(err, l.Close())
}

// mustConnect is connect for a test.
func mustConnect(tb testing.TB, from, to *client.Conn, dest *lab.Host, sel uint8, o *client.CallOptions) (calling, called *client.VC) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	calling, called, err := connect(ctx, from, to, dest, sel, o)
	if err != nil {
		tb.Fatal(err)
	}
	return calling, called
}

// number makes an SDU of a size that is known by its number and whose octets depend on it.
func number(buf []byte, i int) []byte {
	r := rand.New(rand.NewPCG(uint64(i), 7))
	p := buf[:1+r.IntN(len(buf))]
	for k := range p {
		p[k] = byte(i) + byte(k*7)
	}
	return p
}

// sendNumbered sends n numbered SDUs.
func sendNumbered(ctx context.Context, v *client.VC, n int) error {
	buf := make([]byte, v.MaxSend())
	for i := range n {
		if err := v.Send(ctx, client.SDU{Payload: number(buf, i)}); err != nil {
			return fmt.Errorf("send SDU %d: %w", i, err)
		}
	}
	return nil
}

// receiveNumbered receives numbered SDUs until the end of the call, checks each, and returns how many came.
func receiveNumbered(ctx context.Context, v *client.VC) (int, error) {
	buf, want := make([]byte, v.MaxReceive()), make([]byte, v.MaxReceive())
	for i := 0; ; i++ {
		s, err := v.Recv(ctx, buf)
		if errors.Is(err, io.EOF) {
			return i, nil
		}
		if err != nil {
			return i, fmt.Errorf("receive SDU %d: %w", i, err)
		}
		if !bytes.Equal(s.Payload, number(want, i)) {
			return i, fmt.Errorf("SDU %d of %d octets is another than was sent", i, len(s.Payload))
		}
	}
}

// TestSlowListener: a listener that is behind by less than its ring loses nothing, and what it has not read when the
// caller releases stays readable.
func TestSlowListener(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	from, to := dial(t, alice), dial(t, bob)
	t.Run("reads after the release", func(t *testing.T) {
		calling, called := mustConnect(t, from, to, bob, 1, reserve(20e6))
		// Numbered SDUs have half of the largest size in the mean: 100 kB of the ring's 256 KiB.
		const n = 130
		if err := sendNumbered(t.Context(), calling, n); err != nil {
			t.Fatal(err)
		}
		if err := calling.Close(); err != nil {
			t.Fatal(err)
		}
		<-called.Released()
		if got, err := receiveNumbered(t.Context(), called); got != n || err != nil {
			t.Errorf("%d of %d SDUs, %v", got, n, err)
		}
		if err := called.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Run("always behind", func(t *testing.T) {
		// At 10 Mbit/s the ring holds 200 ms, of which the listener uses a quarter.
		calling, called := mustConnect(t, from, to, bob, 1, reserve(10e6))
		const n, lag = 2500, 64 << 10
		sent := make(chan error, 1)
		go func() {
			err := sendNumbered(t.Context(), calling, n)
			sent <- errors.Join(err, calling.Close())
		}()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		got, err := receiveBehind(ctx, dial(t, bob), called, lag)
		if got != n || err != nil {
			t.Errorf("%d of %d SDUs, %v; %s", got, n, err, drops(t, alice, bob))
		}
		if err := errors.Join(<-sent, called.Close()); err != nil {
			t.Error(err)
		}
	})
	awaitEmpty(t, alice, bob)
}

// receiveBehind is receiveNumbered for a listener that reads nothing while its ring has less than lag octets.
func receiveBehind(ctx context.Context, watch *client.Conn, v *client.VC, lag uint64) (int, error) {
	buf, want := make([]byte, v.MaxReceive()), make([]byte, v.MaxReceive())
	taken, arrived := uint64(0), uint64(0)
	for i := 0; ; i++ {
		for arrived < taken+lag && v.Err() == nil {
			vcs, err := watch.VCs(ctx)
			if err != nil {
				return i, err
			}
			for _, row := range vcs {
				if row.GetHandle() == v.Handle() {
					arrived = counter(row.GetCounters(), "rx_octets")
				}
			}
		}
		s, err := v.Recv(ctx, buf)
		if errors.Is(err, io.EOF) {
			return i, nil
		}
		if err != nil {
			return i, err
		}
		if !bytes.Equal(s.Payload, number(want, i)) {
			return i, fmt.Errorf("SDU %d of %d octets is another than was sent", i, len(s.Payload))
		}
		taken += uint64(len(s.Payload))
	}
}
