package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"go.uber.org/zap"

	"callmanager/api"
	"callmanager/config"
	"callmanager/datapath"
	"callmanager/signalling"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// shutdownTimeout bounds how long calls may drain when the daemon is told to end.
const shutdownTimeout = 10 * time.Second

// runtimeDirMode is that of a runtime directory that the daemon has to make. What is in
// it has modes of its own.
const runtimeDirMode = 0o755

// parts are the running pieces of the daemon, in the order of their making.
type parts struct {
	engine  *datapath.Engine
	manager *signalling.Manager
	server  *api.Server
}

// run starts everything, serves until the context ends, and takes it all down.
func run(ctx context.Context, cfg *config.Config, o *options, log *zap.Logger) error {
	p, err := build(cfg, o, log)
	if err != nil {
		return errors.Join(err, p.close())
	}
	defer makeRoom()()
	p.manager.Start()
	p.engine.Start()
	served := make(chan error, 1)
	go func() { served <- p.server.Serve() }()
	log.Info("ready", zap.String("version", buildVersion()), zap.String("socket", cfg.Daemon.Socket), zap.Int("links", len(cfg.Links)))
	watch := startNotifier(p.manager, log)
	select {
	case <-ctx.Done():
		log.Info("stopping: releasing calls")
	case err = <-served:
	}
	watch.stopping()
	return errors.Join(err, p.stop(log))
}

// build makes the pieces and connects them. What was made is returned also with an error.
func build(cfg *config.Config, o *options, log *zap.Logger) (*parts, error) {
	p := &parts{}
	links, err := dataLinks(cfg)
	if err != nil {
		return p, err
	}
	p.engine, err = datapath.New(datapath.Config{
		Links:        links,
		Receive:      func(link vc.LinkID, sdu []byte) { p.manager.Receive(link, sdu) },
		Status:       func(link vc.LinkID, st vc.LinkStatus) { p.manager.LinkStatus(link, st) },
		Transmit:     transmitLog(cfg, log.Named("port")),
		Arrival:      arrivalLog(cfg, log.Named("port")),
		Violation:    func(h vc.Handle, err error) { p.manager.Violation(h, err) },
		ControlDelay: o.controlDelay,
		Workers:      workersOf(&cfg.Daemon, runtime.NumCPU()),
		CPUs:         cfg.Daemon.CPUs,
		Spin:         spinOf(&cfg.Daemon),
	})
	if err != nil {
		if errors.Is(err, os.ErrPermission) {
			err = fmt.Errorf("%w: the daemon needs CAP_NET_RAW", err)
		}
		return p, err
	}
	dir := filepath.Dir(cfg.Daemon.Socket)
	if err := os.MkdirAll(dir, runtimeDirMode); err != nil {
		return p, fmt.Errorf("runtime directory: %w", err)
	}
	p.manager, err = signalling.New(signalling.Config{
		Log:     log,
		Links:   signallingLinks(cfg, p.engine),
		PVCs:    permanentVCs(cfg),
		Hosts:   cfg.Hosts,
		Plane:   p.engine,
		Version: buildVersion(),
		SQStore: &sqStore{dir: dir, log: log},
		Limits:  limitsOf(&cfg.Limits),
	})
	if err != nil {
		return p, err
	}
	p.server, err = api.Listen(cfg.Daemon.Socket, api.Config{
		Manager: p.manager, Tap: p.engine.Tap(), Log: log.Named("api"),
		MaxClients: cfg.Limits.Clients, UserClients: cfg.Limits.UserClients,
	})
	return p, err
}

// ownMAC returns the address of a NIC of this host.
func ownMAC(name string) (vc.MAC, bool) {
	ifi, err := net.InterfaceByName(name)
	if err != nil || len(ifi.HardwareAddr) != len(vc.MAC{}) {
		return vc.MAC{}, false
	}
	return vc.MAC(ifi.HardwareAddr), true
}

// stop releases every call with a cause, tells the clients and takes everything down.
func (p *parts) stop(log *zap.Logger) error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if err := p.manager.Shutdown(ctx, ie.Cause{Value: ie.CauseDestinationOutOfOrder}); err != nil {
		log.Warn("not every call was released in time", zap.Error(err))
	}
	return p.close()
}

// close takes down what was made, last first.
func (p *parts) close() error {
	var errs []error
	if p.server != nil {
		errs = append(errs, p.server.Close())
	}
	if p.manager != nil {
		errs = append(errs, p.manager.Close())
	}
	if p.engine != nil {
		errs = append(errs, p.engine.Close())
	}
	return errors.Join(errs...)
}
