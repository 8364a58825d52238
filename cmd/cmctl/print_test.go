package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"callmanager/api/cmdpb"
	"callmanager/client"
)

func TestContractText(t *testing.T) {
	flow := func(pcr, sdu uint32) *cmdpb.Flow { return &cmdpb.Flow{Pcr: pcr, MaxSdu: sdu} }
	for want, c := range map[string]*cmdpb.Contract{
		"":                    nil,
		"CBR 384kbit/s sdu 5": {Category: cmdpb.Category_CBR, Forward: flow(1000, 5), Backward: flow(1000, 5)},
		"rt-VBR 768kbit/s scr 384kbit/s mbs 3 sdu 5": {
			Category: cmdpb.Category_RT_VBR,
			Forward:  &cmdpb.Flow{Pcr: 2000, Scr: 1000, Mbs: 3, MaxSdu: 5}, Backward: &cmdpb.Flow{Pcr: 2000, Scr: 1000, Mbs: 3, MaxSdu: 5},
		},
		"nrt-VBR 384kbit/s/0bit/s scr 192kbit/s/0bit/s mbs 3/0 sdu 5/0": {
			Category: cmdpb.Category_NRT_VBR, Forward: &cmdpb.Flow{Pcr: 1000, Scr: 500, Mbs: 3, MaxSdu: 5},
		},
		"UBR 384bit/s/768bit/s sdu 5/6": {
			Category: cmdpb.Category_UBR, Forward: flow(1, 5), Backward: flow(2, 6),
		},
	} {
		if got := contractText(c); got != want {
			t.Errorf("%v is %q, want %q", c, got, want)
		}
	}
	if handle(0) != "" || handle(0x100000002) != "0x100000002" || channel("", 1, 2) != "" || channel("l", 1, 2) != "1/2" {
		t.Error("handles or channels")
	}
}

// What has a cause is told by it, and everything else as it is.
func TestCallError(t *testing.T) {
	cause := client.Cause{Value: 41, Text: "temporary failure"}
	if got := callError(&client.Error{Op: "MakeCall", Cause: cause, Detail: "because"}).Error(); got != "temporary failure (cause 41): because" {
		t.Errorf("said %q", got)
	}
	if plain := errors.New("plain"); !errors.Is(callError(plain), plain) {
		t.Error("another error is replaced")
	}
}

// The exit code of a command in a lab is that of shells.
func TestChildCode(t *testing.T) {
	for script, want := range map[string]int{"exit 7": 7, "kill -TERM $$": 143, "kill -KILL $$": 137} {
		err := exec.Command("sh", "-c", script).Run()
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok || childCode(exit) != want {
			t.Errorf("%s: %v gives %d, want %d", script, err, childCode(exit), want)
		}
	}
}

// The demo's check finds every way in which an SDU can be wrong.
func TestVerify(t *testing.T) {
	for _, size := range []int{1, hashSize, hashSize + 1, 1492} {
		sent, want := make([]byte, size), make([]byte, size)
		fill(sent, 7)
		if err := verify(sent, want, 7); err != nil {
			t.Errorf("%d octets as sent: %v", size, err)
		}
		if err := verify(sent[:size-1], want, 7); err == nil || !strings.Contains(err.Error(), "SDU 7 has") {
			t.Errorf("%d octets, one short: %v", size, err)
		}
		if err := verify(sent, want, 8); err == nil {
			t.Errorf("%d octets: one SDU passes for another", size)
		}
		for _, at := range []int{0, size / 2, size - 1} {
			bad := bytes.Clone(sent)
			bad[at] ^= 0x10
			if err := verify(bad, want, 7); err == nil {
				t.Errorf("%d octets: octet %d may be wrong", size, at)
			}
		}
	}
	sizes := demoSizes(1492)
	if len(sizes) != demoSDUs || sizes[0] != 1 || sizes[len(sizes)-1] != 1492 {
		t.Errorf("%d sizes from %d to %d", len(sizes), sizes[0], sizes[len(sizes)-1])
	}
	for _, n := range sizes {
		if n < 1 || n > 1492 {
			t.Fatalf("an SDU of %d octets", n)
		}
	}
}

// The demo's transfer works on a call, and is an error when an SDU is lost.
func TestTransfer(t *testing.T) {
	alice, bob := startHosts(t)
	d := &demo{app: &app{streams: &streams{out: &bytes.Buffer{}}}, alice: alice.dial(), bob: bob.dial()}
	transfer, err := d.place(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := transfer.exchange(t.Context()); err != nil {
		t.Error(err)
	}
	if transfer.octets < demoSDUs || transfer.took <= 0 {
		t.Errorf("%d octets in %s", transfer.octets, transfer.took)
	}
	if err := d.showEmpty(t.Context()); err == nil {
		t.Error("a call that stands passes for nothing")
	}
	if _, err := transfer.calling.Write([]byte("stray")); err != nil { // the next transfer meets it
		t.Fatal(err)
	}
	if err := transfer.exchange(t.Context()); err == nil || !strings.Contains(err.Error(), "SDU 0") {
		t.Errorf("a stray SDU: %v", err)
	}
	_ = transfer.calling.Close()
	_ = transfer.called.Close()
	if err := d.showEmpty(t.Context()); err != nil {
		t.Error(err)
	}
}

// The demo's release is told to both sides, and does not wait for ever for a side that hangs.
func TestTransferRelease(t *testing.T) {
	alice, bob := startHosts(t)
	d := &demo{app: &app{streams: &streams{out: &bytes.Buffer{}}}, alice: alice.dial(), bob: bob.dial()}
	done, err := d.place(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := done.release(t.Context()); err != nil {
		t.Error(err)
	}
	late, err := d.place(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// The called side of this transfer hears nothing of the end of the other call.
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	half := &transfer{calling: done.calling, called: late.called}
	if err := half.release(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("released with a called side that hangs: %v", err)
	}
	if err := late.release(t.Context()); err != nil {
		t.Error(err)
	}
}

// The demo sends no more than may be under way: a called side that does not run cannot lose any.
func TestTransferWaits(t *testing.T) {
	alice, bob := startHosts(t)
	d := &demo{app: &app{streams: &streams{out: &bytes.Buffer{}}}, alice: alice.dial(), bob: bob.dial()}
	transfer, err := d.place(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const most = 3
	sizes := demoSizes(1492)
	ctx, cancel := context.WithCancel(t.Context())
	sent := make(chan error, 1)
	go func() { sent <- sendAll(ctx, transfer.calling, sizes, make(chan struct{}, most)) }()
	err = receiveAll(t.Context(), transfer.called, sizes[:most], func(client.SDU) error { return nil })
	if err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-sent; !errors.Is(err, context.Canceled) {
		t.Errorf("sent with %d under way: %v", most, err)
	}
	if err := transfer.calling.Close(); err != nil {
		t.Error(err)
	}
	if s, err := transfer.called.Recv(t.Context(), make([]byte, 1492)); !errors.Is(err, io.EOF) {
		t.Errorf("beyond %d SDUs one of %d octets came: %v", most, len(s.Payload), err)
	}
	_ = transfer.called.Close()
}

// The ladder of the demo must hold the whole call.
func TestLadder(t *testing.T) {
	var out bytes.Buffer
	d := &demo{app: &app{streams: &streams{out: &out}}}
	for _, m := range demoMessages[1:] {
		d.note(&cmdpb.TraceEvent{Message: m, Summary: m + " ..."})
	}
	if err := d.showLadder(); err == nil || !strings.Contains(err.Error(), "lacks SETUP") {
		t.Errorf("without SETUP: %v", err)
	}
	d.events = nil
	for _, m := range demoMessages {
		d.note(&cmdpb.TraceEvent{Message: m, Summary: m + " ...", Sent: m == "SETUP", Lost: 2})
	}
	out.Reset()
	if err := d.showLadder(); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"  alice  -- SETUP ------------------->  bob  ", "  alice  <----------------- CONNECT --  bob  ", "(2 events lost)"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("printed %s, want %q in it", &out, want)
		}
	}
}

// The first error ends the others.
func TestTogether(t *testing.T) {
	want := errors.New("the first")
	err := together(t.Context(),
		func(context.Context) error { return want },
		func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
	)
	if !errors.Is(err, want) {
		t.Errorf("got %v", err)
	}
	if err := together(t.Context(), func(context.Context) error { return nil }); err != nil {
		t.Errorf("got %v", err)
	}
}
