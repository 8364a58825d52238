package ring_test

import (
	"context"
	"errors"
	"fmt"
	"io"

	"callmanager/datapath/ring"
)

// The daemon makes the rings of a VC and hands the descriptors over; the client opens them. Each transmits on its Tx
// and receives from its Rx.
func Example() {
	daemon, descriptors, err := ring.Create(ring.Params{
		ToDaemon: ring.SizeFor(25_000_000, 9180), // 200 Mbit/s.
		ToClient: ring.SizeFor(25_000_000, 9180),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = daemon.Close() }()
	client, err := ring.Open(descriptors) // In the client's process, after recvmsg.
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Close() }()

	ctx := context.Background()
	if err := client.Send(ctx, ring.Record{Payload: []byte("hello"), Meta: ring.Meta{UU: 7, Flags: ring.CLP}}); err != nil {
		fmt.Println(err)
		return
	}
	client.Tx.Close()

	buf := make([]byte, daemon.Rx.MaxPayload())
	for {
		n, meta, err := daemon.Receive(ctx, buf)
		if errors.Is(err, io.EOF) {
			fmt.Println("end of file")
			return
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%q UU %d CLP %v\n", buf[:n], meta.UU, meta.Flags&ring.CLP != 0)
	}
	// Output:
	// "hello" UU 7 CLP true
	// end of file
}

// A worker moves records in batches: it reserves memory in the ring, fills it in place and publishes the whole
// batch with one store; the reader sees views of the same memory and releases them together.
func ExampleProducer_Reserve() {
	daemon, client, err := ring.New(ring.Params{}, nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range 3 {
		sdu, ok := daemon.Tx.Reserve(4)
		if !ok {
			daemon.Tx.CountDrop(4) // A full ring loses the SDU; it never stalls another VC.
			continue
		}
		copy(sdu, fmt.Sprintf("SDU%d", i))
		daemon.Tx.Commit(ring.Meta{})
	}
	daemon.Tx.Flush()

	var views [32]ring.Record
	n := client.Rx.Peek(views[:])
	for _, rec := range views[:n] {
		fmt.Println(string(rec.Payload))
	}
	client.Rx.Release()
	// Output:
	// SDU0
	// SDU1
	// SDU2
}

// A thread of one's own spins, arms the ring, and only then sleeps in poll(2).
func ExampleDoorbell_Poll() {
	daemon, descriptors, err := ring.Create(ring.Params{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = daemon.Close() }()
	client, err := ring.Open(descriptors)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Close() }()

	go func() { _ = client.Send(context.Background(), ring.Record{Payload: []byte("ring")}) }()
	for !ring.Spin(daemon.Rx.Readable) && !daemon.Rx.Arm() {
		if _, err := daemon.Doorbell().Poll(-1, -1); err != nil {
			fmt.Println(err)
			return
		}
	}
	rec, _ := daemon.Rx.Next()
	fmt.Println(string(rec.Payload))
	daemon.Rx.Release()
	// Output: ring
}
