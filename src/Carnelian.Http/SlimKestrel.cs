using System.Diagnostics;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// Kestrel without a host around it and without TLS. The constructor that it has for use alone brings SslStream, certificates and HttpClient along, and an empty
/// WebApplication routes and configuration: three megabytes of the executable and one and a half.
/// </summary>
internal static class SlimKestrel
{
    public static IServer Create(Action<KestrelServerOptions> configure, ILogger log)
    {
        var services = new ServiceCollection();
        services.AddMetrics();
        services.AddSingleton<DiagnosticSource>(new DiagnosticListener(nameof(Carnelian)));
        services.AddSingleton<ILoggerFactory>(new WarningsTo(log));
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        new Registration(services).UseKestrelCore();
        services.Configure(configure);
        return services.BuildServiceProvider().GetRequiredService<IServer>();
    }

    /// <summary>
    /// Where Kestrel enters its services, by <see cref="ConfigureServices(Action{IServiceCollection})"/> alone. The interface's other members would build a host, which there is not; if a later
    /// Kestrel calls one, the endpoint does not open and its tests fail.
    /// </summary>
    private sealed class Registration(IServiceCollection services) : IWebHostBuilder
    {
        public IWebHostBuilder ConfigureServices(Action<IServiceCollection> configureServices)
        {
            configureServices(services);
            return this;
        }

        public IWebHostBuilder ConfigureServices(Action<WebHostBuilderContext, IServiceCollection> configureServices) => throw NoHost();

        public IWebHostBuilder ConfigureAppConfiguration(Action<WebHostBuilderContext, IConfigurationBuilder> configureDelegate) => throw NoHost();

        public IWebHostBuilder UseSetting(string key, string? value) => throw NoHost();

        public string? GetSetting(string key) => null;

#pragma warning disable ASPDEPR008 // Old, but of the interface.
        public IWebHost Build() => throw NoHost();
#pragma warning restore ASPDEPR008

        private static UnreachableException NoHost() => new("Kestrel wants more of a host than its services");
    }

    /// <summary>Of what Kestrel has to say, warnings and errors go to the server's log.</summary>
    private sealed class WarningsTo(ILogger log) : ILoggerFactory, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning && log.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) log.Log(logLevel, default, state, exception, formatter);
        }

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public void AddProvider(ILoggerProvider provider) { }

        public void Dispose() { }
    }
}
