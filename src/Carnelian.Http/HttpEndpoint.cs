using System.ComponentModel;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// HTTP beside RESP: /metrics, /healthz and /readyz, on Kestrel and on threads of the pool. What it knows of the server it asks of the command thread,
/// one short job at a time.
/// </summary>
internal sealed class HttpEndpoint : IHttpApplication<IFeatureCollection>, IDisposable
{
    /// <summary>Longer than any turn should be, shorter than Prometheus waits for a scrape.</summary>
    private static readonly TimeSpan _scrapePatience = TimeSpan.FromSeconds(5);

    /// <summary>Who asks whether the server is ready wants an answer soon.</summary>
    private static readonly TimeSpan _readyPatience = TimeSpan.FromSeconds(1);

    // A scraper sends a line and a few headers; it comes back within a minute or two, by the same connection.
    private const int RequestLineBytesMax = 2 << 10, HeaderBytesMax = 8 << 10, HeadersMax = 64;
    private static readonly TimeSpan _headersTimeout = TimeSpan.FromSeconds(5), _keepAlive = TimeSpan.FromMinutes(3);

    private readonly IServer _kestrel;
    private readonly Scraper _scraper;
    private readonly CommandThreadQuestion<bool> _isReady;

    private HttpEndpoint(Server server)
    {
        _scraper = new(server, _scrapePatience);
        _isReady = new(server, static server => !server.StopRequested);
        _kestrel = SlimKestrel.Create(options => Configure(options, server.Options), server.Log);
    }

    private static void Configure(KestrelServerOptions options, ServerOptions server)
    {
        options.AddServerHeader = false;
        var limits = options.Limits;
        limits.MaxConcurrentConnections = ServerOptions.MetricsConnectionsMax;
        limits.MaxConcurrentUpgradedConnections = 0;
        limits.MaxRequestLineSize = RequestLineBytesMax;
        limits.MaxRequestHeadersTotalSize = HeaderBytesMax;
        limits.MaxRequestHeaderCount = HeadersMax;
        limits.MaxRequestBodySize = 0;
        limits.RequestHeadersTimeout = _headersTimeout;
        limits.KeepAliveTimeout = _keepAlive;
        foreach (var address in server.MetricsBind)
            options.Listen(address == "*" ? IPAddress.Any : IPAddress.Parse(address), server.MetricsPort, listen => listen.Protocols = HttpProtocols.Http1);
    }

    /// <summary>Serves where metrics-bind and metrics-port say. Null with an error: it cannot.</summary>
    public static HttpEndpoint? Open(Server server, out string? error)
    {
        error = null;
        var options = server.Options;
        var addresses = string.Join(' ', options.MetricsBind);
        var endpoint = new HttpEndpoint(server);
        try
        {
            endpoint._kestrel.StartAsync(endpoint, CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (Exception exception) when (exception is IOException or Win32Exception)
        {
            endpoint.Dispose();
            error = $"Failed listening on port {options.MetricsPort} (metrics, {addresses}): {exception.GetBaseException().Message}, aborting.";
            return null;
        }
        server.Log.LogInformation("Serving metrics by HTTP, port={Port}, bind={Addresses}.", options.MetricsPort, addresses);
        return endpoint;
    }

    /// <summary>Ends all connections at once.</summary>
    public void Dispose()
    {
        _kestrel.StopAsync(new CancellationToken(canceled: true)).GetAwaiter().GetResult();
        _kestrel.Dispose();
    }

    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    public void DisposeContext(IFeatureCollection context, Exception? exception) { }

    public async Task ProcessRequestAsync(IFeatureCollection context)
    {
        var request = context.GetRequiredFeature<IHttpRequestFeature>();
        var response = context.GetRequiredFeature<IHttpResponseFeature>();
        var page = request.Method is "GET" or "HEAD" ? await Answer(request.Path) : Page.MethodNotAllowed;
        response.StatusCode = page.Status;
        response.Headers.ContentType = page.ContentType;
        response.Headers.ContentLength = page.Length;
        // A body that nobody reads would have to be skipped before the next request.
        if (page == Page.MethodNotAllowed) (response.Headers.Allow, response.Headers.Connection) = ("GET, HEAD", "close");
        var body = context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer;
        foreach (var part in page.Body) await body.WriteAsync(part);
    }

    private async ValueTask<Page> Answer(string path) => path switch
    {
        "/metrics" => new(200, PrometheusText.ContentType, await _scraper.Scrape()),
        "/healthz" => Page.Alive,
        "/readyz" => await IsReady() ? Page.Ready : Page.NotReady,
        _ => Page.NotFound,
    };

    /// <summary>Whether the command thread turns and takes requests. There is nothing to load yet.</summary>
    private async ValueTask<bool> IsReady()
    {
        try
        {
            return await _isReady.Ask().WaitAsync(_readyPatience);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private sealed record Page(int Status, string ContentType, ReadOnlyMemory<byte>[] Body)
    {
        public long Length { get; } = Body.Sum(part => (long)part.Length);

        public static Page Alive { get; } = Text(200, "alive");

        public static Page Ready { get; } = Text(200, "ready");

        public static Page NotReady { get; } = Text(503, "not ready: the command thread does not answer");

        public static Page NotFound { get; } = Text(404, "there are /metrics, /healthz and /readyz");

        public static Page MethodNotAllowed { get; } = Text(405, "GET or HEAD");

        private static Page Text(int status, string text) => new(status, "text/plain; charset=utf-8", [Encoding.UTF8.GetBytes(text + "\n")]);
    }
}
