package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"gelombang/internal/sqldb"
	"gelombang/notify"
)

// serveMetrics serves what is for the operator alone, on an address of its own: metrics
// and profiles, on the public one, would tell everybody how full the house is.
func (h *house) serveMetrics(listen string) error {
	if listen == "" {
		return nil
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w (choose another with --metrics-listen)", listen, err)
	}
	server := &http.Server{Handler: h.forOperators(), ReadHeaderTimeout: headerWithin}
	h.inBackground(func(ctx context.Context) {
		stop := context.AfterFunc(ctx, func() { _ = server.Close() })
		defer stop()
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			slog.ErrorContext(ctx, "metrics.serve", "error", err)
		}
	})
	return nil
}

func (h *house) forOperators() http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &collector{h})
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(r, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

// collector reads the house when it is asked.
type collector struct{ h *house }

func gauge(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("gelombang_"+name, help, labels, nil)
}

var (
	readyDesc   = gauge("jobs_ready", "Jobs that wait.", "queue")
	deadDesc    = gauge("jobs_dead", "Jobs that wait for a person.", "queue")
	oldestDesc  = gauge("jobs_oldest_seconds", "How long the job that waits longest has been due.", "queue")
	waitingDesc = gauge("registrations_waiting", "Registrations that wait for a batch.")
	batchDesc   = gauge("registration_batch_seconds", "How long a batch of registrations takes to be durable, smoothed.")
	queuedDesc  = gauge("registration_oldest_seconds", "How long the oldest registration under way has waited.")
	engagedDesc = gauge("waiting_room_engaged", "1 while newcomers wait before the door, by why.", "why")
	peopleDesc  = gauge("waiting_room_people", "Places in the line that were not called yet.")
	paceDesc    = gauge("waiting_room_per_minute", "Places called per minute.")
	hooksDesc   = gauge("callbacks_total", "Callbacks from outside since the start, by what became of them.", "provider", "outcome")
	guardDesc   = gauge("guard_decisions_total", "What the guards decided since the start; with mode record nothing was refused.", "rule", "mode", "refused")
	spentDesc   = gauge("spent_rupiah", "What messages cost, in the running hour and day.", "window")
	askedDesc   = gauge("registry_per_second", "Questions a second that the registry is found to bear, and the most it ever bore.", "bound")
	underDesc   = gauge("registry_questions", "Questions to the registry, under way or waiting for a turn in this process.", "state")
	openDesc    = gauge("registry_left_alone", "1 while the registry is left alone: it failed, or the day's quota is used up.", "why")
	descs       = []*prometheus.Desc{askedDesc, underDesc, openDesc, guardDesc, spentDesc, readyDesc, deadDesc, oldestDesc, waitingDesc, batchDesc, queuedDesc, engagedDesc, peopleDesc, paceDesc, hooksDesc}
)

// Describe is part of prometheus.Collector.
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range descs {
		ch <- d
	}
}

// Collect is part of prometheus.Collector.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	is := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	batch, oldest := c.h.account.Load()
	is(waitingDesc, float64(c.h.account.Waiting()))
	is(batchDesc, batch.Seconds())
	is(queuedDesc, oldest.Seconds())
	room := c.h.room.State()
	if room.Engaged {
		is(engagedDesc, 1, string(room.Why))
		is(peopleDesc, float64(max(0, room.Issued-room.Front)))
		is(paceDesc, float64(room.PerMinute))
	}
	for _, n := range slices.Concat(c.h.hooks.Counts(), c.h.bounces.Counts()) {
		ch <- prometheus.MustNewConstMetric(hooksDesc, prometheus.CounterValue, float64(n.Calls), n.Provider, string(n.Outcome))
	}
	c.collectRegistry(is)
	for _, n := range c.h.book.Counts() {
		ch <- prometheus.MustNewConstMetric(guardDesc, prometheus.CounterValue, float64(n.N), n.Rule, string(n.Mode), strconv.FormatBool(n.Refused))
	}
	ctx, cancel := context.WithTimeout(context.Background(), probeWithin)
	defer cancel()
	var spent notify.Spending
	err := c.h.db.Read(ctx, func(rx *sqldb.Rx) (err error) {
		spent, err = c.h.notify.Spending(rx)
		return err
	})
	if err != nil {
		ch <- prometheus.NewInvalidMetric(spentDesc, err)
	} else {
		is(spentDesc, float64(spent.Hour), "hour")
		is(spentDesc, float64(spent.Day), "day")
	}
	health, err := c.h.queue.Health(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(readyDesc, err)
		return
	}
	for _, q := range health {
		is(readyDesc, float64(q.Ready), q.Queue)
		is(deadDesc, float64(q.Dead), q.Queue)
		if !q.Oldest.IsZero() {
			is(oldestDesc, time.Since(q.Oldest).Seconds(), q.Queue)
		}
	}
}

func (c *collector) collectRegistry(is func(*prometheus.Desc, float64, ...string)) {
	state := c.h.registry.State()
	is(askedDesc, state.PerSecond, "now")
	is(askedDesc, state.Top, "top")
	is(underDesc, float64(state.UnderWay), "under_way")
	is(underDesc, float64(state.Waiting), "waiting")
	if state.Open {
		is(openDesc, 1, "failed")
	}
	if !state.QuotaUntil.IsZero() {
		is(openDesc, 1, "quota")
	}
}
