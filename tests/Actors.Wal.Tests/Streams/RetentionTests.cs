namespace Actors.Wal.Tests.Streams;

public sealed class RetentionTests
{
    [Theory]
    [InlineData("All")]
    [InlineData("1 checkpoint")]
    [InlineData("12 checkpoints")]
    [InlineData("90.00:00:00")]
    [InlineData("00:00:01")]
    public void Retention_text_round_trips(string text) => Assert.Equal(text, Retention.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("90")]
    [InlineData("0 checkpoints")]
    [InlineData("1001 checkpoints")]
    [InlineData("3 check")]
    [InlineData("3 apples")]
    [InlineData("00:00:00")]
    [InlineData("-1.00:00:00")]
    [InlineData("40000.00:00:00")]
    public void Invalid_retention_text_names_the_valid_forms(string text)
    {
        FormatException error = Assert.Throws<FormatException>(() => Retention.Parse(text));
        Assert.Contains($"'{text}' is no retention; use All, '3 checkpoints' (1 to 1000), or a time span", error.Message, StringComparison.Ordinal);
    }
}
