package client_test

import (
	"context"
	"slices"
	"testing"

	"callmanager/client"
	"callmanager/datapath/ring"
)

// Moving SDUs allocates nothing, one by one and in batches, with a context that can end and without,
// also when the ring is full and the sender has to wait.
func TestNoAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	d, c := startFake(t)
	v, ep := d.calling(c)
	ending, cancel := context.WithCancel(t.Context())
	defer cancel()
	payload := make([]byte, 900)
	batch, room := make([]client.SDU, 8), make([]client.SDU, 8)
	for i := range batch {
		batch[i].Payload, room[i].Payload = payload, make([]byte, 0, v.MaxReceive())
	}
	buf := make([]byte, v.MaxReceive())
	back := make([]ring.Record, 8)
	for i := range back {
		back[i].Payload = payload
	}
	serve := func(n int) { // the daemon takes n SDUs and sends as many
		for range n {
			if _, ok := ep.Rx.Next(); !ok {
				t.Fatal("nothing has come")
			}
			if err := ep.Tx.TryPush(back[0]); err != nil {
				t.Fatal(err)
			}
		}
		ep.Rx.Release()
		ep.Tx.Flush()
	}
	for name, f := range map[string]func() error{
		"Send and Recv": func() error {
			err := v.Send(context.Background(), client.SDU{Payload: payload, UU: 1, CLP: true})
			serve(1)
			if err == nil {
				_, err = v.Recv(context.Background(), buf)
			}
			return err
		},
		"Write and Read": func() error {
			_, err := v.Write(payload)
			serve(1)
			if err == nil {
				_, err = v.Read(buf)
			}
			return err
		},
		"batches": func() error {
			n, err := v.SendBatch(ending, batch)
			serve(n)
			for got := 0; err == nil && got < n; {
				var k int
				k, err = v.RecvBatch(ending, room[got:])
				got += k
			}
			return err
		},
	} {
		if n := testing.AllocsPerRun(1000, func() {
			if err := f(); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	go drain(ep)
	flood := slices.Repeat(batch, 2*ring.DefaultSize/(8*len(payload))) // each fills the ring at least once
	for name, ctx := range map[string]context.Context{"with a context": ending, "without": context.Background()} {
		if n := testing.AllocsPerRun(200, func() {
			if _, err := v.SendBatch(ctx, flood); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("into a full ring %s: %v allocations", name, n)
		}
	}
	closed := later(func() (client.CloseResult, error) { return v.CloseWith(t.Context(), client.CloseOptions{}) })
	d.finishClose(true)
	<-closed
}

// drain is a daemon that takes what comes and nothing else.
func drain(ep *ring.Endpoint) {
	if !ep.Enter() {
		return
	}
	defer ep.Leave()
	for ep.WaitReadable(context.Background()) == nil && ep.Rx.Err() == nil {
		for {
			if _, ok := ep.Rx.Next(); !ok {
				break
			}
		}
		ep.Rx.Release()
	}
}
