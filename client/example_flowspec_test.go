package client_test

import (
	"context"
	"fmt"
	"log"

	"callmanager/api/cmdpb"
	"callmanager/client"
)

// A caller asks for a rate in octets a second one way, and later for half of it. Both ends see what is in force, in the
// whole cells that carry it.
func ExampleVC_ModifyWith() {
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
	called := make(chan *client.VC, 1)
	go func() {
		offer, err := listener.Accept(ctx)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("bob is offered to receive", offer.Parameters().GetReceive().GetTokenRate(), "octets/s")
		vc, err := offer.Accept(ctx)
		if err != nil {
			log.Fatal(err)
		}
		called <- vc
	}()
	alice, err := client.Dial(ctx, client.Options{Socket: aliceSocket})
	if err != nil {
		log.Fatal(err)
	}
	const notSpecified = 0xFFFFFFFF
	spec := &cmdpb.FlowSpec{
		ServiceType: cmdpb.ServiceType_GUARANTEED, TokenRate: 1_000_000, PeakBandwidth: notSpecified,
		Latency: notSpecified, DelayVariation: notSpecified, MaxSduSize: 100,
	}
	calling, err := alice.Call(ctx, "bob", &client.CallOptions{Transmit: spec})
	if err != nil {
		log.Fatal(err)
	}
	peer := <-called
	spec.TokenRate = 500_001
	err = calling.ModifyWith(ctx, client.ModifyOptions{Transmit: spec, Rounding: cmdpb.Rounding_ROUND_DOWN})
	if err != nil {
		log.Fatal(err)
	}
	p := calling.Parameters()
	fmt.Println("alice may send", p.GetTransmit().GetTokenRate(), "octets/s, changed:", p.GetChanged())
	<-peer.Changes()
	fmt.Println("bob may receive", peer.Parameters().GetReceive().GetTokenRate(), "octets/s")
	_, _ = calling.Close(), peer.Close()
	// Output:
	// bob is offered to receive 1000000 octets/s
	// alice may send 500000 octets/s, changed: true
	// bob may receive 500000 octets/s
}
