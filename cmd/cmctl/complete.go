package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"callmanager/client"
	"callmanager/cmd/cmctl/ladder"
	"callmanager/lab"
	"callmanager/vc"
)

// completeTimeout bounds how long a shell waits for words.
const completeTimeout = time.Second

// words asks the daemon for what a word may be, each with a tab and a description.
type words func(context.Context, *client.Conn) ([]string, error)

// complete asks the daemon. Without one there are no words.
func (a *app) complete(cmd *cobra.Command, ask words) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), completeTimeout)
	defer cancel()
	c, err := a.dial(ctx)
	if err != nil {
		cobra.CompDebugln(err.Error(), false)
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer func() { _ = c.Close() }()
	found, err := ask(ctx, c)
	if err != nil {
		cobra.CompDebugln(err.Error(), false)
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}

// completeFlag completes the value of a flag.
func (a *app) completeFlag(cmd *cobra.Command, flag string, ask words) {
	err := cmd.RegisterFlagCompletionFunc(flag, func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return a.complete(cmd, ask)
	})
	if err != nil {
		panic(err) // the flag is not there: a mistake of this program
	}
}

// callHandles are the VCs with calls, for close.
func (a *app) callHandles(ctx context.Context, c *client.Conn) ([]string, error) {
	vcs, err := c.VCs(ctx)
	var found []string
	for _, v := range vcs {
		if v.GetLink() != "" {
			found = append(found, fmt.Sprintf("%s\t%s on %s %s, %s", handle(v.GetHandle()), v.GetOwner(), v.GetLink(),
				channel(v.GetLink(), v.GetVpi(), v.GetVci()), v.GetCallState()))
		}
	}
	return found, err
}

// modifiableHandles are the VCs whose calls this side has made and that are connected, for modify.
func (a *app) modifiableHandles(ctx context.Context, c *client.Conn) ([]string, error) {
	vcs, err := c.VCs(ctx)
	var found []string
	for _, v := range vcs {
		if p := v.GetParameters(); !v.GetIncoming() && !p.GetMultipoint() && !p.GetPermanent() && v.GetCallState() == vc.Connected.String() {
			found = append(found, fmt.Sprintf("%s\t%s on %s %s, %s", handle(v.GetHandle()), v.GetOwner(), v.GetLink(),
				channel(v.GetLink(), v.GetVpi(), v.GetVci()), contractText(p.GetContract())))
		}
	}
	return found, err
}

// callReferences are the calls, for --call.
func (a *app) callReferences(ctx context.Context, c *client.Conn) ([]string, error) {
	calls, err := c.Calls(ctx)
	var found []string
	for _, k := range calls {
		side := ladder.Theirs
		if k.GetOurs() {
			side = ladder.Ours
		}
		found = append(found, fmt.Sprintf("%s:%d/%s\t%s, %s", k.GetLink(), k.GetCallReference(), side, k.GetState(), k.GetCalled()))
	}
	return found, err
}

// linkNames are the links, for --link.
func (a *app) linkNames(ctx context.Context, c *client.Conn) ([]string, error) {
	links, err := c.Links(ctx)
	var found []string
	for _, l := range links {
		found = append(found, fmt.Sprintf("%s\t%s to %s, %s", l.GetName(), l.GetInterface(), l.GetPeer(), l.GetState()))
	}
	return found, err
}

// hostNames are the hosts of the lab, for --host and lab exec.
func (a *app) hostNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	l, err := lab.Open(a.lab)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var found []string
	for _, h := range l.Hosts() {
		found = append(found, h.Name+"\t"+h.Address)
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}
