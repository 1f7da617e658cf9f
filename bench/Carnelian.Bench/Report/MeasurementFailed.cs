namespace Carnelian;

/// <summary>One server could not give one figure. The run goes on with the others and the report says what failed.</summary>
internal sealed class MeasurementFailed(string message) : Exception(message);

/// <summary>The whole run cannot start or go on: a wrong option, a missing reference server.</summary>
internal sealed class BenchStopped(string message) : Exception(message);
