package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/vc"
)

// socketOf starts two hosts joined by a wire and returns the sockets of their daemons. A program
// takes client.DefaultSocket instead.
func socketOf() (alice, bob string, end func()) {
	dir, err := os.MkdirTemp("", "lab")
	if err != nil {
		log.Fatal(err)
	}
	l, closeLab, err := newLab(dir)
	if err != nil {
		log.Fatal(err)
	}
	return l.alice.socket, l.bob.socket, func() {
		closeLab()
		_ = os.RemoveAll(dir)
	}
}

// One host listens, another calls it by name, sends an SDU and releases.
func Example() {
	aliceSocket, bobSocket, end := socketOf()
	defer end()
	ctx := context.Background()

	bob, err := client.Dial(ctx, client.Options{Socket: bobSocket})
	if err != nil {
		log.Fatal(err)
	}
	listener, err := bob.Listen(ctx, client.SAP{})
	if err != nil {
		log.Fatal(err)
	}
	caller := make(chan struct{})
	go func() {
		defer close(caller)
		alice, err := client.Dial(ctx, client.Options{Socket: aliceSocket})
		if err != nil {
			log.Fatal(err)
		}
		vc, err := alice.Call(ctx, "bob", nil)
		if err != nil {
			log.Fatal(err)
		}
		if _, err := vc.Write([]byte("hello, bob")); err != nil {
			log.Fatal(err)
		}
		if err := vc.Close(); err != nil { // sends what was written, then releases
			log.Fatal(err)
		}
	}()

	offer, err := listener.Accept(ctx)
	if err != nil {
		log.Fatal(err)
	}
	vc, err := offer.Accept(ctx)
	if err != nil {
		log.Fatal(err)
	}
	buf := make([]byte, vc.MaxReceive())
	for {
		n, err := vc.Read(buf)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s\n", buf[:n])
	}
	<-caller
	cause, _ := errors.AsType[*client.Error](vc.Err())
	fmt.Println("released:", cause.Cause)
	// Output:
	// hello, bob
	// released: normal call clearing (cause 16)
}

// A refused call says why, as the network said it.
func ExampleError() {
	socket, _, end := socketOf()
	defer end()
	ctx := context.Background()
	alice, err := client.Dial(ctx, client.Options{Socket: socket})
	if err != nil {
		log.Fatal(err)
	}
	_, err = alice.Call(ctx, "47.0091.8100.0000.0000.0000.0101.0000.0000.0101.00", nil)
	if refused, ok := errors.AsType[*client.Error](err); ok {
		fmt.Println(refused.Status, refused.Cause)
	}
	// Output:
	// NO_ROUTE_TO_DESTINATION no route to destination (cause 3)
}

// answer accepts the next call on a host and calls f with its VC; the returned function waits for it.
func answer(socket string, f func(*client.VC)) (wait func()) {
	ctx := context.Background()
	bob, err := client.Dial(ctx, client.Options{Socket: socket})
	if err != nil {
		log.Fatal(err)
	}
	listener, err := bob.Listen(ctx, client.SAP{})
	if err != nil {
		log.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		offer, err := listener.Accept(ctx)
		if err != nil {
			log.Fatal(err)
		}
		vc, err := offer.Accept(ctx)
		if err != nil {
			log.Fatal(err)
		}
		f(vc)
	}()
	return func() { <-done }
}

// A listener lowers what a caller may send, and rejects whom it does not want.
func ExampleConn_Listen() {
	aliceSocket, bobSocket, end := socketOf()
	defer end()
	ctx := context.Background()
	bob, err := client.Dial(ctx, client.Options{Socket: bobSocket, Name: "server"})
	if err != nil {
		log.Fatal(err)
	}
	selector := uint8(0x2a) // the last octet of the called address
	listener, err := bob.Listen(ctx, client.SAP{Selector: &selector})
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		for wanted := true; ; wanted = false {
			offer, err := listener.Accept(ctx)
			if errors.Is(err, client.ErrListenerClosed) {
				return
			}
			if err != nil {
				log.Fatal(err)
			}
			if !wanted {
				_ = offer.Reject(ctx, client.Cause{Value: 17})
				continue
			}
			vc, err := offer.AcceptWith(ctx, &cmdpb.Contract{Forward: &cmdpb.Flow{MaxSdu: 1000}})
			if err != nil {
				log.Fatal(err)
			}
			defer func() { _ = vc.Close() }()
		}
	}()

	alice, err := client.Dial(ctx, client.Options{Socket: aliceSocket})
	if err != nil {
		log.Fatal(err)
	}
	address := bob.Addresses()[0]
	for range 2 {
		vc, err := alice.Call(ctx, address[:len(address)-2]+"2a", nil)
		if refused, ok := errors.AsType[*client.Error](err); ok {
			fmt.Println("refused:", refused.Cause)
			continue
		}
		fmt.Println("connected, SDUs of at most", vc.MaxSend(), "octets")
		_ = vc.Close()
	}
	_ = listener.Close()
	// Output:
	// connected, SDUs of at most 1000 octets
	// refused: user busy (cause 17)
}

// A call with a contract has its peak cell rate for itself; what is beyond the link's capacity is
// refused.
func ExampleConn_Call() {
	aliceSocket, bobSocket, end := socketOf()
	defer end()
	ctx := context.Background()
	defer answer(bobSocket, func(vc *client.VC) { <-vc.Released() })()
	alice, err := client.Dial(ctx, client.Options{Socket: aliceSocket})
	if err != nil {
		log.Fatal(err)
	}
	rate, err := vc.ParseRate("20Mbit/s") // SDU payload at full cells
	if err != nil {
		log.Fatal(err)
	}
	pcr, err := vc.PCRFor(rate)
	if err != nil {
		log.Fatal(err)
	}
	contract := func(pcr vc.CellRate) *client.CallOptions {
		flow := &cmdpb.Flow{Pcr: uint32(pcr), MaxSdu: 1400}
		return &client.CallOptions{Contract: &cmdpb.Contract{Category: cmdpb.Category_CBR, Forward: flow, Backward: flow}}
	}
	call, err := alice.Call(ctx, "bob", contract(pcr))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(call.Parameters().GetContract().GetForward().GetPcr(), "cells/s on", call.Channel().GetLink())
	_, err = alice.Call(ctx, "bob", contract(vc.MaxCellRate))
	fmt.Println(errors.Is(err, &client.Error{Status: cmdpb.Status_CELLRATE_NOT_AVAILABLE}))
	_ = call.Close()
	// Output:
	// 52084 cells/s on peer
	// true
}

// Batches cost less: one look at the ring and one ring of the doorbell for many SDUs.
func ExampleVC_SendBatch() {
	aliceSocket, bobSocket, end := socketOf()
	defer end()
	ctx := context.Background()
	wait := answer(bobSocket, func(vc *client.VC) {
		room := make([]client.SDU, 64)
		for i := range room {
			room[i].Payload = make([]byte, vc.MaxReceive())
		}
		sdus, octets := 0, 0
		for {
			n, err := vc.RecvBatch(ctx, room)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				log.Fatal(err)
			}
			for _, s := range room[:n] {
				octets += len(s.Payload)
			}
			sdus += n
		}
		fmt.Println(sdus, "SDUs,", octets, "octets")
		_ = vc.Close()
	})
	alice, err := client.Dial(ctx, client.Options{Socket: aliceSocket})
	if err != nil {
		log.Fatal(err)
	}
	vc, err := alice.Call(ctx, "bob", nil)
	if err != nil {
		log.Fatal(err)
	}
	batch := make([]client.SDU, 100)
	for i := range batch {
		batch[i] = client.SDU{Payload: make([]byte, i+1), CLP: i >= 50}
	}
	if _, err := vc.SendBatch(ctx, batch); err != nil {
		log.Fatal(err)
	}
	if err := vc.Close(); err != nil {
		log.Fatal(err)
	}
	wait()
	// Output:
	// 100 SDUs, 5050 octets
}

// The operations of the model one by one: a VC of one's own carries two calls in turn.
func ExampleConn_MakeCall() {
	aliceSocket, bobSocket, end := socketOf()
	defer end()
	ctx := context.Background()
	alice, err := client.Dial(ctx, client.Options{Socket: aliceSocket})
	if err != nil {
		log.Fatal(err)
	}
	handle, err := alice.CreateVC(ctx)
	if err != nil {
		log.Fatal(err)
	}
	bob, err := client.Dial(ctx, client.Options{Socket: bobSocket})
	if err != nil {
		log.Fatal(err)
	}
	sap, err := bob.Listen(ctx, client.SAP{})
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		go func() {
			if offer, err := sap.Accept(ctx); err == nil {
				if vc, err := offer.Accept(ctx); err == nil {
					<-vc.Released()
					_ = vc.Close()
				}
			}
		}()
		vc, err := alice.MakeCall(ctx, handle, "bob", nil)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("active:", vc.Handle() == handle)
		if _, err := vc.CloseWith(ctx, client.CloseOptions{Cause: client.Cause{Value: 16}}); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(alice.DeleteVC(ctx, handle))
	fmt.Println(alice.CloseAF(ctx))
	// Output:
	// active: true
	// active: true
	// <nil>
	// <nil>
}

// A VC is an [io.ReadWriteCloser]: a server of echoes knows nothing of ATM. Each Write is one SDU, and so is each
// Read.
func ExampleVC() {
	aliceSocket, bobSocket, end := socketOf()
	defer end()
	ctx := context.Background()
	wait := answer(bobSocket, func(vc *client.VC) {
		var peer io.ReadWriteCloser = vc
		if _, err := io.Copy(peer, peer); err != nil && !errors.Is(err, client.ErrReleased) {
			log.Fatal(err)
		}
		_ = peer.Close()
	})
	alice, err := client.Dial(ctx, client.Options{Socket: aliceSocket})
	if err != nil {
		log.Fatal(err)
	}
	vc, err := alice.Call(ctx, "bob", nil)
	if err != nil {
		log.Fatal(err)
	}
	buf := make([]byte, vc.MaxReceive())
	for _, line := range []string{"one", "two"} {
		if _, err := fmt.Fprint(vc, line); err != nil {
			log.Fatal(err)
		}
		n, err := vc.Read(buf)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s\n", buf[:n])
	}
	_ = vc.Close()
	wait()
	// Output:
	// one
	// two
}

// An SDU has flags beside its octets: the user-to-user octet of AAL5, the cell loss priority and the congestion that
// it has met.
func ExampleVC_Recv() {
	aliceSocket, bobSocket, end := socketOf()
	defer end()
	ctx := context.Background()
	wait := answer(bobSocket, func(vc *client.VC) {
		buf := make([]byte, vc.MaxReceive())
		for {
			sdu, err := vc.Recv(ctx, buf)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				log.Fatal(err)
			}
			fmt.Printf("%s, user-to-user %d, low priority %v\n", sdu.Payload, sdu.UU, sdu.CLP)
		}
		_ = vc.Close()
	})
	alice, err := client.Dial(ctx, client.Options{Socket: aliceSocket})
	if err != nil {
		log.Fatal(err)
	}
	vc, err := alice.Call(ctx, "bob", nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, sdu := range []client.SDU{{Payload: []byte("a"), UU: 1}, {Payload: []byte("b"), CLP: true}} {
		if err := vc.Send(ctx, sdu); err != nil {
			log.Fatal(err)
		}
	}
	_ = vc.Close()
	wait()
	// Output:
	// a, user-to-user 1, low priority false
	// b, user-to-user 0, low priority true
}

// The end of a context gives a call up that nobody answers; the other side is told.
func ExampleConn_Call_context() {
	aliceSocket, bobSocket, end := socketOf()
	defer end()
	bob, err := client.Dial(context.Background(), client.Options{Socket: bobSocket})
	if err != nil {
		log.Fatal(err)
	}
	listener, err := bob.Listen(context.Background(), client.SAP{})
	if err != nil {
		log.Fatal(err)
	}
	alice, err := client.Dial(context.Background(), client.Options{Socket: aliceSocket})
	if err != nil {
		log.Fatal(err)
	}
	ctx, giveUp := context.WithCancelCause(context.Background())
	go func() {
		if _, err := listener.Accept(ctx); err == nil { // and thinks it over
			giveUp(errors.New("nobody answers"))
		}
	}()
	_, err = alice.Call(ctx, "bob", nil)
	fmt.Println(err)
	// Output:
	// nobody answers
}
