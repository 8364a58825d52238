package lab_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"callmanager/api"
	"callmanager/config"
	"callmanager/datapath"
	"callmanager/lab"
	"callmanager/signalling"
	"callmanager/vc"
)

// ownerEnv makes this program the owner of a lab of that name, until it is killed.
const ownerEnv = "LAB_TEST_OWNER"

// TestMain lets this program play cmd-daemon, as which labs start it, and the owner of a lab.
func TestMain(m *testing.M) {
	var err error
	switch {
	case slices.Contains(os.Args, "--config"):
		err = playDaemon(os.Args)
	case os.Getenv(ownerEnv) != "":
		err = playOwner(os.Getenv(ownerEnv))
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "daemon:", err)
		os.Exit(1)
	}
}

// playDaemon is a daemon made of the project's packages. With --fail it fails at once, with --deaf it does not
// listen to SIGTERM, with --mute it serves no socket.
func playDaemon(args []string) error {
	stop, end := signal.NotifyContext(context.Background(), unix.SIGTERM)
	defer end()
	switch {
	case slices.Contains(args, "--fail"):
		for i := range 20 {
			fmt.Fprintf(os.Stderr, "line %d of the log\n", i)
		}
		return errors.New("the reason stands last")
	case slices.Contains(args, "--mute"):
		<-stop.Done()
		return nil
	}
	cfg, err := config.Load(args[slices.Index(args, "--config")+1])
	if err != nil {
		return err
	}
	var m *signalling.Manager
	var links []datapath.LinkConfig
	for i, l := range cfg.Links {
		links = append(links, datapath.LinkConfig{
			ID: vc.LinkID(i + 1), Name: l.Name, Interface: l.Interface, Peer: l.Peer, Capacity: l.Capacity,
		})
	}
	engine, err := datapath.New(datapath.Config{
		Links:     links,
		Receive:   func(link vc.LinkID, sdu []byte) { m.Receive(link, sdu) },
		Status:    func(link vc.LinkID, st vc.LinkStatus) { m.LinkStatus(link, st) },
		Violation: func(h vc.Handle, err error) { m.Violation(h, err) },
	})
	if err != nil {
		return err
	}
	sc := signalling.Config{Hosts: cfg.Hosts, Plane: engine, Version: "test"}
	for i, l := range cfg.Links {
		id := vc.LinkID(i + 1)
		sc.Links = append(sc.Links, signalling.LinkConfig{
			ID: id, Name: l.Name, Interface: l.Interface, Peer: l.Peer, Role: l.Role.String(), Mode: l.Mode.String(),
			Capacity: l.Capacity, Channel: engine.Channel(id),
		})
	}
	if m, err = signalling.New(sc); err != nil {
		return err
	}
	s, err := api.Listen(cfg.Daemon.Socket, api.Config{Manager: m})
	if err != nil {
		return err
	}
	m.Start()
	engine.Start()
	go func() { _ = s.Serve() }()
	fmt.Fprintln(os.Stderr, "serving", strings.Join(args[1:], " "))
	<-stop.Done()
	if slices.Contains(args, "--deaf") {
		select {} // until it is killed
	}
	return errors.Join(s.Close(), m.Close(), engine.Close())
}

// playOwner makes a lab that ends with this process, says so, and waits to be killed.
func playOwner(name string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if _, err := lab.Up(context.Background(), lab.Config{Name: name, Daemon: self, Owned: true}); err != nil {
		return err
	}
	fmt.Println("up")
	select {}
}
